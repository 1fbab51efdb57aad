//! Names of members: where they would lead, what readers make of them, how they are shown.

/// The name up to a NUL, where many readers end it.
pub(super) fn before_nul(name: &[u8]) -> &[u8] {
    name.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// How the name leaves the folder it is unpacked into, if it does, on any system.
pub(super) fn escape(name: &[u8]) -> Option<&'static str> {
    let slash = |byte: Option<&u8>| matches!(byte, Some(b'/' | b'\\'));
    if slash(name.first()) {
        return Some(if slash(name.get(1)) { "a network path" } else { "an absolute path" });
    }
    if name.get(1) == Some(&b':') && name.first().is_some_and(u8::is_ascii_alphabetic) {
        return Some("a path with a drive");
    }
    let mut depth = 0_usize;
    for part in name.split(|byte| matches!(byte, b'/' | b'\\')) {
        match part.trim_ascii_end() {
            b"" | b"." => {}
            b".." if depth == 0 => return Some("a path that climbs out"),
            b".." => depth -= 1,
            _ => depth += 1,
        }
    }
    None
}

/// Whether a link of this name with this target leaves the folder it is unpacked into.
pub(super) fn link_escapes(name: &[u8], target: &[u8]) -> bool {
    let folder = name.iter().rposition(|byte| matches!(byte, b'/' | b'\\')).map_or(0, |last| last + 1);
    let mut path = name.get(..folder).unwrap_or_default().to_vec();
    path.extend_from_slice(target);
    escape(target).is_some_and(|how| how != "a path that climbs out") || escape(&path).is_some()
}

/// What is odd about a name, if anything: readers make different names of it.
pub(super) fn oddity(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.contains(&0) {
        Some("it contains a NUL, where some readers end it")
    } else if name.contains(&b'\\') {
        Some("it contains a backslash, which some readers take for a separator")
    } else if name.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        Some("it contains control characters")
    } else if name.split(|byte| *byte == b'/').any(|part| part == b"..") {
        Some("it climbs back within the archive")
    } else {
        None
    }
}

/// What two names share that the laxest reader takes for one: cut at NUL, separators and case made equal.
pub(super) fn folded(name: &[u8]) -> Vec<u8> {
    let name = before_nul(name);
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let lowered = match std::str::from_utf8(name) {
        Ok(text) if !text.is_ascii() => text.to_lowercase().into_bytes(),
        _ => name.to_ascii_lowercase(),
    };
    lowered.into_iter().map(|byte| if byte == b'\\' { b'/' } else { byte }).collect()
}

/// Bytes of a name that are shown: a finding may be about each of many long ones.
const SHOWN: usize = 1024;

/// The name as text: UTF-8, or each byte a letter. A name that is too long for any system is cut.
pub(super) fn shown(name: &[u8]) -> String {
    if name.len() > SHOWN {
        return format!("{}...", String::from_utf8_lossy(name.get(..SHOWN).unwrap_or_default()));
    }
    match std::str::from_utf8(name) {
        Ok(text) => text.to_owned(),
        Err(_) => name.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Whether a name in Unicode says something else than the name it replaces, not only more of its letters.
pub(super) fn renames(name: &[u8], unicode: &[u8]) -> bool {
    if name == unicode || unicode.is_empty() {
        return false;
    }
    // Encoders put `?`, `_` or `#U00e9` in the place of letters they cannot write.
    let escapes = name.windows(2).any(|pair| matches!(pair, b"#U" | b"#L"));
    let plain = |name: &[u8]| -> Vec<u8> {
        name.iter().copied().filter(|byte| byte.is_ascii() && !matches!(byte, b'?' | b'_')).collect()
    };
    !escapes && plain(name) != plain(unicode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_are_seen_in_every_spelling() {
        for name in ["../x", "a/../../x", "/x", "\\x", "//host/x", "C:\\x", "c:x", "..\\x", "a\\..\\..\\x", ".. /x"] {
            assert!(escape(name.as_bytes()).is_some(), "{name}");
        }
        for name in ["a/../x", "a..b/x", "...", "a/b", "./a", "ab:c", ""] {
            assert!(escape(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn links_are_followed_from_where_they_are() {
        assert!(link_escapes(b"a/link", b"../../x"));
        assert!(link_escapes(b"link", b"/etc/passwd"));
        assert!(!link_escapes(b"a/link", b"../x"));
        assert!(!link_escapes(b"link", b"x"));
    }

    #[test]
    fn a_unicode_name_that_only_restores_letters_renames_nothing() {
        assert!(!renames(b"b\x81cher", "b\u{fc}cher".as_bytes()));
        assert!(!renames(b"b?cher_", "b\u{fc}cher\u{fc}".as_bytes()));
        assert!(renames(b"data.txt", b"data.pkl"));
    }
}
