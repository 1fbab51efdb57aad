//! The tables: sorted, without duplicates, well formed; and every entry hits what it names and nothing beside it.

use std::collections::HashSet;

use super::*;
use crate::rules::names::{ALIASES, PYTHON2};

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn key(line: &str) -> &str {
    line.split('\t').next().unwrap_or_default()
}

fn is_dangerous(module: &str, name: &str) -> bool {
    matches!(judge(module, name), Verdict::Dangerous { .. })
}

#[test]
fn tables_are_sorted_without_duplicates_and_headers_come_first() {
    let safe = SAFE.iter().map(|(name, text)| (*name, *text));
    for (name, text) in safe.chain([("dangerous", DANGEROUS), ("aliases", ALIASES)]) {
        let keys: Vec<&str> = lines(text).map(key).collect();
        for pair in keys.windows(2) {
            assert!(pair[0] < pair[1], "{name}: {} before {}", pair[0], pair[1]);
        }
        let headers = text.lines().take_while(|line| line.starts_with('#')).count();
        assert!(headers > 0, "{name} says what it is");
        assert!(text.lines().skip(headers).all(|line| !line.starts_with('#') && !line.is_empty()), "{name}");
    }
}

#[test]
fn safe_groups_share_no_entry() {
    let mut seen = HashSet::new();
    for (name, text) in SAFE {
        for line in lines(text) {
            assert!(seen.insert(key(line)), "{name}: {} stands in another group too", key(line));
        }
    }
}

#[test]
fn every_safe_entry_is_read_and_names_a_known_contract() {
    for (name, text) in SAFE {
        for line in lines(text) {
            let (module, qualified) = key(line).split_once(':').unwrap_or_else(|| unreachable!("{name}: {line}"));
            let rights = parse_rights(line.split('\t').nth(1).unwrap_or_default());
            let Some(rights) = rights else { unreachable!("{name}: {line}") };
            if let Call::Contract(contract) = rights.call {
                assert!(crate::pickle::CONTRACTS.contains(&contract), "{name}: {line}");
            }
            assert!(rights.state.is_none_or(|state| STATES.contains(&state)), "{name}: {line}");
            assert_eq!(judge(module, qualified), Verdict::Safe(rights), "{name}: {line}");
            let near_miss = format!("{qualified}x");
            let listed = SAFE.iter().any(|(_, text)| find(text, &format!("{module}:{near_miss}")).is_some());
            assert!(listed || !matches!(judge(module, &near_miss), Verdict::Safe(_)), "{module}:{near_miss}");
        }
    }
}

#[test]
fn construction_is_told_from_a_call() {
    let read = |column| parse_rights(column).map(|rights| (rights.new, rights.call, rights.build));
    assert_eq!(read("refer"), Some((false, Call::Never, false)));
    assert_eq!(read("refer new build"), Some((true, Call::Never, true)));
    assert_eq!(read("refer call"), Some((true, Call::Any, false)));
    assert_eq!(read("refer call(partial) build"), Some((false, Call::Contract("partial"), true)));
    assert_eq!(read("refer new call(partial)"), Some((true, Call::Contract("partial"), false)));
    assert_eq!(read("refer build(argument-template)"), Some((false, Call::Never, true)));
    assert_eq!(
        parse_rights("refer build(argument-template)").and_then(|rights| rights.state),
        Some("argument-template")
    );
    assert_eq!(read("refer write(partial)"), None);
    assert_eq!(read("new build"), None);
    assert_eq!(read("refer newly"), None);
}

#[test]
fn every_dangerous_entry_is_read_and_hits_what_it_names() {
    for line in lines(DANGEROUS) {
        let path = key(line);
        let fields = line.split_once('\t').map(|(_, fields)| fields).unwrap_or_default();
        let Some(Verdict::Dangerous { reason, .. }) = parse_dangerous(fields) else { unreachable!("{line}") };
        assert!(reason.len() > 5, "{line}");
        let below = path.strip_suffix('*').map(|module| format!("{module}anything"));
        let example = below.as_deref().unwrap_or(path);
        let (module, name) = example.rsplit_once('.').unwrap_or_else(|| unreachable!("{line}"));
        let verdict = judge(module, name);
        assert!(matches!(verdict, Verdict::Dangerous { .. } | Verdict::Safe(_)), "{line}: {verdict:?}");
    }
}

#[test]
fn an_exact_dangerous_entry_does_not_reach_its_neighbours() {
    let mut checked = 0;
    for line in lines(DANGEROUS) {
        let path = key(line);
        let is_covered = |path: &str| {
            let mut prefix = path;
            while let Some((shorter, _)) = prefix.rsplit_once('.') {
                if find(DANGEROUS, &format!("{shorter}.*")).or_else(|| find(DANGEROUS, shorter)).is_some() {
                    return true;
                }
                prefix = shorter;
            }
            false
        };
        let near_miss = format!("{path}_zz");
        if path.ends_with('*') || is_covered(path) || near_miss.contains("__") {
            continue;
        }
        let (module, name) = near_miss.rsplit_once('.').unwrap_or_else(|| unreachable!("{line}"));
        assert!(!is_dangerous(module, name), "{near_miss}");
        checked += 1;
    }
    assert!(checked > 100, "{checked} entries are not below a listed module");
}

#[test]
fn aliases_and_python2_names_lead_to_the_same_entry() {
    for (module, name) in [
        ("posix", "system"),
        ("nt", "system"),
        ("os", "system"),
        ("__builtin__", "eval"),
        ("builtins", "eval"),
        ("_io", "open"),
        ("io", "open"),
        ("cPickle", "loads"),
        ("_pickle", "loads"),
        ("pickle", "loads"),
        ("commands", "getoutput"),
        ("_operator", "attrgetter"),
        ("copy_reg", "add_extension"),
    ] {
        assert!(is_dangerous(module, name), "{module}.{name}");
    }
    assert_eq!(judge("copy_reg", "_reconstructor"), judge("copyreg", "_reconstructor"));
    assert!(PYTHON2.contains("__builtin__\txrange\tbuiltins\trange"));
}

#[test]
fn dotted_names_are_judged_where_they_end() {
    assert!(is_dangerous("numpy", "f2py.os.system"));
    assert!(is_dangerous("somewhere", "os.system"));
    assert!(is_dangerous("pathlib", "Path.write_text"));
    assert!(is_dangerous("pathlib.Path", "write_text"));
    assert!(is_dangerous("lib2to3.pgen2.grammar.Grammar", "loads"));
    assert!(is_dangerous("builtins", "eval.__call__"));
    assert_eq!(judge("collections", "abc.attribute"), Verdict::WalksOut);
    assert_eq!(judge("somewhere", "Outer.Inner"), Verdict::Unknown);
    assert_eq!(judge("somewhere", "thing.__globals__"), Verdict::WalksOut);
    assert_eq!(judge("collections", "__builtins__"), Verdict::WalksOut);
}

#[test]
fn what_nobody_listed_is_unknown() {
    for (module, name) in [("mylib", "Net"), ("__main__", "Model"), ("antigravityx", "geohash"), ("", "")] {
        assert_eq!(judge(module, name), Verdict::Unknown, "{module}.{name}");
    }
}

#[test]
fn every_group_file_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rust/rules/callables/safe");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect())
        .unwrap_or_default();
    files.sort();
    let built: Vec<String> = SAFE.iter().map(|(name, _)| format!("{name}.tsv")).collect();
    assert_eq!(files, built);
}

#[test]
fn no_callable_is_in_a_safe_group_and_in_the_dangerous_table() {
    for (group, text) in SAFE {
        for line in lines(text) {
            let path = key(line).replace(':', ".");
            assert!(find(DANGEROUS, &path).is_none(), "{group}: {path}");
        }
    }
}
