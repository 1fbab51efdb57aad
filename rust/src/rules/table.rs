//! Look-up in sorted text: tables of tab-separated lines are searched where they lie, nothing is parsed at start-up.

use std::cmp::Ordering;

/// The rest of the line whose first field is `key`. Lines of `text` are sorted bytewise by that field; header lines
/// start with `#` and come first.
pub(super) fn find<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let line = text.get(lower_bound(text, key)..)?.lines().next()?;
    match line.split_once('\t') {
        Some((first, rest)) if first == key => Some(rest),
        None if line == key => Some(""),
        _ => None,
    }
}

/// Whether any line's first field starts with `prefix`.
pub(super) fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(lower_bound(text, prefix)..).is_some_and(|rest| rest.starts_with(prefix))
}

/// Where the first line starts whose first field is not less than `key`.
fn lower_bound(text: &str, key: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    // Invariant: the line starting at `low` may be the answer; lines at or after `high` are not less than the key.
    while low < high {
        let middle = line_start(bytes, low + (high - low) / 2);
        let end = line_end(bytes, middle);
        let line = bytes.get(middle..end).unwrap_or_default();
        let field = line.split(|byte| *byte == b'\t').next().unwrap_or_default();
        match field.cmp(key.as_bytes()) {
            Ordering::Less => low = (end + 1).min(bytes.len()),
            Ordering::Equal | Ordering::Greater => high = middle,
        }
    }
    low
}

fn line_start(bytes: &[u8], inside: usize) -> usize {
    memchr::memrchr(b'\n', bytes.get(..inside).unwrap_or_default()).map_or(0, |newline| newline + 1)
}

fn line_end(bytes: &[u8], start: usize) -> usize {
    memchr::memchr(b'\n', bytes.get(start..).unwrap_or_default()).map_or(bytes.len(), |length| start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# header\nalpha\tone\nalpha.b\ttwo\nbeta\tthree\n";

    #[test]
    fn keys_are_found_exactly() {
        assert_eq!(find(TEXT, "alpha"), Some("one"));
        assert_eq!(find(TEXT, "alpha.b"), Some("two"));
        assert_eq!(find(TEXT, "beta"), Some("three"));
        for absent in ["", "a", "alph", "alpha.", "alpha.bb", "betaa", "zeta", "# header\t"] {
            assert_eq!(find(TEXT, absent), None, "{absent}");
        }
    }

    #[test]
    fn prefixes_are_found() {
        assert!(has_prefix(TEXT, "alpha."));
        assert!(!has_prefix(TEXT, "gamma"));
        assert!(!has_prefix("", "gamma"));
    }
}
