//! Where names and links of an archive lead: out of it, through a link in it, or to another member.

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

/// A path as the hash of its components from the root on, so that every path costs its length once.
type Place = u64;

const ROOT: Place = 0;

/// The body of a regular member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) offset: u64,
    pub(crate) size: u64,
}

/// The names of an archive.
#[derive(Default)]
pub(crate) struct Names {
    symlinks: FxHashMap<Place, Vec<u8>>,
    files: FxHashMap<Place, Body>,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    Inside,
    Outside,
    /// Back up from behind another link: only the disk knows where that is.
    ThroughLink,
}

impl Names {
    /// Notes a regular file; an earlier one of the same name is returned.
    pub(crate) fn file(&mut self, path: &[u8], body: Body) -> Option<Body> {
        self.files.insert(place(path), body)
    }

    /// The body of a file that came before.
    pub(crate) fn earlier(&self, path: &[u8]) -> Option<Body> {
        self.files.get(&place(path)).copied()
    }

    /// Notes a symbolic link; whether one of the same name leads elsewhere.
    pub(crate) fn symlink(&mut self, path: &[u8], target: &[u8]) -> bool {
        self.symlinks.insert(place(path), target.to_vec()).is_some_and(|earlier| earlier != target)
    }

    /// Whether a path passes through a symbolic link of the archive, or is one; `proper` leaves out the latter.
    pub(crate) fn passes_through_link(&self, path: &[u8], proper: bool) -> bool {
        if self.symlinks.is_empty() {
            return false;
        }
        let whole = place(path);
        let mut here = ROOT;
        for part in components(path) {
            here = below(here, part);
            if self.symlinks.contains_key(&here) && !(proper && here == whole) {
                return true;
            }
        }
        false
    }

    /// Where a target leads that is read from the folder `from`.
    pub(crate) fn lead(&self, from: &[u8], target: &[u8]) -> Lead {
        if is_absolute(target) {
            return Lead::Outside;
        }
        let mut stack = vec![ROOT];
        let mut through = false;
        for part in components(from).chain(components(target)) {
            let here = stack.last().copied().unwrap_or(ROOT);
            if part == b".." {
                through |= self.symlinks.contains_key(&here);
                stack.pop();
                if stack.is_empty() {
                    return Lead::Outside;
                }
            } else {
                stack.push(below(here, part));
            }
        }
        if through { Lead::ThroughLink } else { Lead::Inside }
    }
}

/// Why a name would be written somewhere else than below the target folder.
pub(crate) fn danger(path: &[u8]) -> Option<&'static str> {
    if path.contains(&0) {
        return Some("a NUL byte, where some readers end the name");
    }
    if is_absolute(path) {
        return Some("an absolute path");
    }
    path.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| part == b"..").then_some("a step out of its folder")
}

/// The folder of a path.
pub(crate) fn folder(path: &[u8]) -> &[u8] {
    let path = path.trim_ascii_end();
    let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.get(..end).unwrap_or_default()
}

/// A root, a UNC name, or a drive.
fn is_absolute(path: &[u8]) -> bool {
    matches!(path, [b'/' | b'\\', ..]) || matches!(path, [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".")
}

fn below(here: Place, part: &[u8]) -> Place {
    let mut hasher = FxHasher::default();
    hasher.write_u64(here);
    hasher.write(part);
    hasher.finish()
}

fn place(path: &[u8]) -> Place {
    components(path).fold(ROOT, below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_are_told_from_those_that_stay() {
        for name in ["../a", "a/../../b", "/etc/passwd", "\\\\host\\share", "..\\a", "C:\\a", "c:a", "a/..", "a\0b"] {
            assert!(danger(name.as_bytes()).is_some(), "{name}");
        }
        for name in ["a", "./a/b", "a..b/..c", "...", "a b:c", "über/模型"] {
            assert!(danger(name.as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn links_lead_where_a_disk_would_lead_them() {
        let mut names = Names::default();
        names.symlink(b"a/link", b".");
        for (from, target, lead) in [
            (&b"a/b"[..], &b"../c"[..], Lead::Inside),
            (b"a/b", b"../../c", Lead::Inside),
            (b"a/b", b"../../../c", Lead::Outside),
            (b"", b"/c", Lead::Outside),
            (b"", b"./a/./link/x", Lead::Inside),
            (b"", b"a/link/../x", Lead::ThroughLink),
        ] {
            assert_eq!(names.lead(from, target), lead, "{target:?}");
        }
        assert!(names.passes_through_link(b"./a//link/x", true));
        assert!(names.passes_through_link(b"a/link", false));
        assert!(!names.passes_through_link(b"a/link", true));
        assert!(!names.passes_through_link(b"a/linked/x", true));
    }
}
