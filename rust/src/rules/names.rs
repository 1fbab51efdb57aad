//! One name for each thing: Python 2 names and aliases of modules are replaced before anything is looked up.

use std::borrow::Cow;

use super::table::find;

/// `_compat_pickle` of `CPython`: what `fix_imports` replaces below protocol 3.
pub(super) const PYTHON2: &str = include_str!("../../rules/callables/python2.tsv");

/// Modules that are other names of a module.
pub(super) const ALIASES: &str = include_str!("../../rules/callables/aliases.tsv");

/// The Python 3 name of a Python 2 global, unchanged where nothing was renamed.
pub(super) fn python3<'n>(module: &'n str, name: &'n str) -> (Cow<'n, str>, Cow<'n, str>) {
    if let Some((module, name)) = renamed(module, name) {
        return (module.into(), name.into());
    }
    match renamed(module, "*") {
        Some((module, _)) => (module.into(), name.into()),
        None => (module.into(), name.into()),
    }
}

fn renamed(module: &str, name: &str) -> Option<(&'static str, &'static str)> {
    // Two fields make the key of this table: module and name.
    let mut rest = PYTHON2;
    while let Some(line) = rest.lines().next() {
        rest = rest.get(line.len() + 1..).unwrap_or_default();
        let mut fields = line.split('\t');
        if fields.next() == Some(module) && fields.next() == Some(name) {
            return Some((fields.next()?, fields.next()?));
        }
    }
    None
}

/// The dotted path with its longest aliased prefix replaced, once.
pub(super) fn without_alias(path: &str) -> Cow<'_, str> {
    let mut end = path.len();
    loop {
        let prefix = path.get(..end).unwrap_or_default();
        if let Some(rest) = find(ALIASES, prefix) {
            let canonical = rest.split('\t').next().unwrap_or_default();
            return Cow::Owned(format!("{canonical}{}", path.get(end..).unwrap_or_default()));
        }
        match prefix.rfind('.') {
            Some(dot) => end = dot,
            None => return Cow::Borrowed(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python2_names_become_python3_names() {
        assert_eq!(python3("__builtin__", "eval"), ("builtins".into(), "eval".into()));
        assert_eq!(python3("__builtin__", "xrange"), ("builtins".into(), "range".into()));
        assert_eq!(python3("copy_reg", "_reconstructor"), ("copyreg".into(), "_reconstructor".into()));
        assert_eq!(python3("collections", "OrderedDict"), ("collections".into(), "OrderedDict".into()));
    }

    #[test]
    fn aliases_are_replaced_at_whole_components() {
        assert_eq!(without_alias("posix.system"), "os.system");
        assert_eq!(without_alias("posixish.system"), "posixish.system");
    }
}
