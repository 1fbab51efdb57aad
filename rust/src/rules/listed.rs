//! Sorted lists of names that formats look up: what libraries define, read from their sources.

use super::table::find;

/// The lists by name. Each is a table whose first line says what it holds and where it comes from.
pub(crate) const LISTS: &[(&str, &str)] = &[
    ("keras_code", include_str!("../../rules/keras_code.tsv")),
    ("keras_objects", include_str!("../../rules/keras_objects.tsv")),
];

/// What a list says of a key: the rest of its line, None if it is not listed or there is no such list.
#[must_use]
pub fn listed(list: &str, key: &str) -> Option<&'static str> {
    let (_, text) = LISTS.iter().find(|(name, _)| *name == list)?;
    // Header lines are no entries, and no key of a list has a tab or begins so.
    if key.starts_with('#') { None } else { find(text, key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_without_duplicates_and_headers_come_first() {
        for (name, text) in LISTS {
            let headers = text.lines().take_while(|line| line.starts_with('#')).count();
            assert!(headers > 0, "{name} says what it is");
            let keys: Vec<&str> =
                text.lines().skip(headers).map(|line| line.split('\t').next().unwrap_or("")).collect();
            assert!(keys.iter().all(|key| !key.is_empty() && !key.starts_with('#')), "{name}");
            for pair in keys.windows(2) {
                assert!(pair[0] < pair[1], "{name}: {} before {}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn names_are_found_exactly() {
        assert!(listed("keras_objects", "keras.layers:Dense").is_some());
        for absent in ["", "#", "keras.layers:Dens", "keras.layers:Densed", "keras.utils:get_file"] {
            assert_eq!(listed("keras_objects", absent), None, "{absent}");
        }
        assert_eq!(listed("no such list", "keras.layers:Dense"), None);
    }
}
