//! What a constant file name leads to.

/// Whether a name leads out of the folder of the model: absolute, up, to another drive, or to another file system.
pub(super) fn leads_out(path: &[u8]) -> bool {
    let is_separator = |byte: &u8| *byte == b'/' || *byte == b'\\';
    let drive = path.first().is_some_and(u8::is_ascii_alphabetic) && path.get(1) == Some(&b':');
    path.first().is_some_and(|byte| is_separator(byte) || *byte == b'~')
        || drive
        || scheme(path).is_some()
        || path.split(|byte| is_separator(byte)).any(|part| part == b"..")
}

/// The scheme of a URL: the file system that TensorFlow asks.
pub(super) fn scheme(path: &[u8]) -> Option<&[u8]> {
    let end = path.windows(3).take(32).position(|part| part == b"://")?;
    let scheme = path.get(..end)?;
    let is_word = scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    (is_word && scheme.first()?.is_ascii_alphabetic()).then_some(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_told() {
        for path in
            ["/etc/passwd", "a/../../b", "..", "C:\\x", "\\\\host\\x", "gs://b/x", "file:///x", "~/x", "a\\..\\b"]
        {
            assert!(leads_out(path.as_bytes()), "{path}");
        }
        for path in ["", "model", "variables/variables", "a..b/c", "_temp/part", "a b:c", "x://"] {
            assert_eq!(leads_out(path.as_bytes()), path == "x://", "{path}");
        }
    }
}
