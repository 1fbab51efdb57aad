//! The tables: sorted, without duplicates, well formed; and every entry hits what it names and nothing beside it.

use std::collections::{HashMap, HashSet};

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

/// The dangerous table as a map, read in the plainest way: what the look-up in the text is held against.
fn entries() -> HashMap<&'static str, Verdict> {
    let read = |line: &'static str| {
        let (path, fields) = line.split_once('\t')?;
        Some((path, parse_dangerous(fields)?))
    };
    lines(DANGEROUS).map(|line| read(line).unwrap_or_else(|| unreachable!("{line}"))).collect()
}

/// What decides about `path` when only `entries` are known: itself, or the longest entry above it.
fn decided(entries: &HashMap<&str, Verdict>, path: &str) -> Option<Verdict> {
    let listed = |path: &str| entries.get(path).or_else(|| entries.get(format!("{path}.*").as_str())).copied();
    let mut prefix = path;
    if let Some(verdict) = listed(prefix) {
        return Some(verdict);
    }
    while let Some((shorter, _)) = prefix.rsplit_once('.') {
        let whole = entries.get(format!("{shorter}.*").as_str()).or_else(|| entries.get(shorter));
        if let Some(verdict) = whole {
            return Some(*verdict);
        }
        prefix = shorter;
    }
    None
}

/// The verdict of a dotted path, split into module and name at its last dot.
fn judge_path(path: &str) -> Verdict {
    let (module, name) = path.rsplit_once('.').unwrap_or_else(|| unreachable!("{path}"));
    judge(module, name)
}

/// Whether the path reaches the table as it stands: no alias or Python 2 name replaces it, no safe entry comes first.
fn is_plain(path: &str) -> bool {
    let Some((module, name)) = path.rsplit_once('.') else { return false };
    canonical(module, name) == path && safe(module, name).is_none()
}

#[test]
fn every_dangerous_entry_is_read_and_hits_what_it_names() {
    let entries = entries();
    let mut plain = 0;
    for (path, verdict) in &entries {
        let Verdict::Dangerous { reason, .. } = verdict else { unreachable!("{path}") };
        assert!(reason.len() > 5, "{path}: {reason}");
        if !path.contains('.') {
            assert_eq!(judge("somewhere", &format!("Thing.{path}")), *verdict, "{path}");
            assert_eq!(judge("somewhere", path), Verdict::Unknown, "{path} below no class");
            continue;
        }
        let below = path.strip_suffix(".*").map(|module| format!("{module}.anything"));
        let example = below.as_deref().unwrap_or(path);
        let found = judge_path(example);
        assert!(matches!(found, Verdict::Dangerous { .. } | Verdict::Safe(_)), "{path}: {found:?}");
        if is_plain(example) {
            assert_eq!(found, *verdict, "{path}");
            let attribute = format!("{example}.__call__");
            assert_eq!(Some(judge_path(&attribute)), decided(&entries, &attribute), "{attribute}");
            plain += 1;
        }
    }
    assert!(plain * 10 > entries.len() * 9, "{plain} of {} entries are reached under their own name", entries.len());
}

#[test]
fn no_dangerous_entry_reaches_its_neighbours() {
    let entries = entries();
    let mut unlisted = 0;
    for path in entries.keys() {
        let near_misses = match path.strip_suffix(".*") {
            Some(module) => vec![format!("{module}zz.anything"), format!("zz{module}.anything")],
            None => vec![format!("{path}zz"), format!("zz{path}")],
        };
        for near_miss in near_misses.iter().filter(|near_miss| is_plain(near_miss)) {
            let found = judge_path(near_miss);
            let expected = decided(&entries, near_miss);
            match expected {
                Some(verdict) => assert_eq!(found, verdict, "{near_miss} lies below another entry"),
                None => assert!(matches!(found, Verdict::Unknown | Verdict::WalksOut), "{near_miss}: {found:?}"),
            }
            unlisted += usize::from(expected.is_none());
        }
    }
    assert!(unlisted > entries.len(), "{unlisted} near misses lie below no entry");
}

#[test]
fn every_alias_leads_to_what_it_names_in_one_step() {
    let mut dangerous = 0;
    for line in lines(ALIASES) {
        let mut fields = line.split('\t');
        let (Some(alias), Some(path), Some(reason)) = (fields.next(), fields.next(), fields.next()) else {
            unreachable!("{line}")
        };
        assert!(reason.len() > 5, "{line}");
        assert_eq!(without_alias(path), path, "{alias} would have to be replaced twice");
        for below in ["anything", "system", "load.__call__"] {
            assert_eq!(without_alias(&format!("{alias}.{below}")), format!("{path}.{below}"), "{alias}");
        }
        let is_exact = find(DANGEROUS, path).is_some() && path.contains('.') && alias.contains('.');
        if is_exact && ![alias, path].iter().any(|path| matches!(judge_path(path), Verdict::Safe(_))) {
            assert_eq!(judge_path(alias), judge_path(path), "{alias}");
            dangerous += 1;
        }
    }
    assert!(dangerous > 100, "{dangerous} aliases name a dangerous callable");
}

#[test]
fn modules_imported_under_another_name_are_recognised_in_a_walk() {
    for (module, name) in [("random", "_os.system"), ("argparse", "_sys.modules"), ("sklearn.base", "np.load")] {
        assert!(is_dangerous(module, name), "{module}.{name}");
    }
    assert_eq!(judge("mylib", "_osx.system"), Verdict::Unknown);
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
    assert_eq!(judge("numpy", "ndarray.some_method"), Verdict::Unknown, "a method of a listed class");
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
fn no_callable_is_in_a_safe_group_and_in_the_dangerous_table_unless_it_may_only_be_named() {
    for (group, text) in SAFE {
        for line in lines(text) {
            if line.split('\t').nth(1) == Some("refer") {
                continue;
            }
            let path = key(line).replace(':', ".");
            assert!(find(DANGEROUS, &path).is_none(), "{group}: {path}");
        }
    }
}
