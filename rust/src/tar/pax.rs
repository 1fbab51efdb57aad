//! Extended headers of POSIX tar archives: records of key and value that go before the fields of a header.
//!
//! Source: POSIX pax, "pax Extended Header"; GNU tar manual, "Storing Sparse Files".

use crate::sparse::Extent;

/// The records that decide what a member is; times, owners and attributes are passed over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) link: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    pub(crate) sparse: SparseRecords,
    /// What is wrong with the records, where something is.
    pub(crate) odd: Option<&'static str>,
}

/// Records of the three pax forms of sparse members.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SparseRecords {
    /// The name of the file, where the header holds a substitute.
    pub(crate) name: Option<Vec<u8>>,
    /// The size with holes.
    pub(crate) size: Option<u64>,
    /// Form 1.0: the map stands in front of the data.
    pub(crate) in_data: bool,
    /// Offsets and sizes, one after the other (forms 0.0 and 0.1).
    pub(crate) map: Option<Vec<u64>>,
}

impl Records {
    /// Reads the data of an extended header; what it holds replaces what is there.
    pub(crate) fn read(&mut self, data: &[u8]) {
        let mut seen = Self::default();
        let mut rest = data;
        // Some writers pad with zeros.
        while !until_zeros(rest) {
            let Some((key, value, next)) = record(rest) else {
                seen.odd = Some("an extended header that is no list of records");
                break;
            };
            rest = next;
            seen.take(key, value);
        }
        self.merge(seen);
    }

    fn take(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"path" => {
                self.odd = self.odd.or(differs(self.path.as_ref(), value));
                self.path = Some(value.to_vec());
            }
            b"linkpath" => {
                self.odd = self.odd.or(differs(self.link.as_ref(), value));
                self.link = Some(value.to_vec());
            }
            b"size" => match decimal(value) {
                Some(size) if self.size.is_none_or(|other| other == size) => self.size = Some(size),
                Some(size) => {
                    self.size = Some(size);
                    self.odd = Some("one record stands there twice with different values");
                }
                None => self.odd = Some("an extended size that is no number"),
            },
            b"GNU.sparse.name" => self.sparse.name = Some(value.to_vec()),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.sparse.size = decimal(value),
            b"GNU.sparse.major" => self.sparse.in_data = value == b"1",
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                self.sparse.map.get_or_insert_with(Vec::new).push(decimal(value).unwrap_or(u64::MAX));
            }
            b"GNU.sparse.map" => {
                let number = |text| decimal(text).unwrap_or(u64::MAX);
                self.sparse.map = Some(value.split(|byte| *byte == b',').map(number).collect());
            }
            _ => {}
        }
    }

    /// Lets later records go before earlier ones.
    fn merge(&mut self, later: Self) {
        self.path = later.path.or(self.path.take());
        self.link = later.link.or(self.link.take());
        self.size = later.size.or(self.size.take());
        self.odd = self.odd.or(later.odd);
        if later.sparse != SparseRecords::default() {
            self.sparse = later.sparse;
        }
    }
}

impl SparseRecords {
    /// Whether the member has holes at all.
    pub(crate) fn any(&self) -> bool {
        self.in_data || self.map.is_some()
    }
}

/// Pairs of offset and size as extents; `None` where one of a pair is missing.
pub(crate) fn extents(numbers: &[u64]) -> Option<Vec<Extent>> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    let all = pairs.iter().map(|[at, size]| Extent { at: *at, size: *size }).collect();
    rest.is_empty().then_some(all)
}

/// Reads the map in front of the data of form 1.0: a count and so many pairs, a line each. Returns the pairs and how many
/// bytes they take.
pub(crate) fn map_in_data(data: &[u8], most: usize) -> Option<(Vec<Extent>, usize)> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let mut used = 0;
    let mut next = || {
        let line = lines.next()?;
        used += line.len() + 1;
        decimal(line)
    };
    let count = usize::try_from(next()?).ok().filter(|count| *count <= most)?;
    let mut numbers = Vec::new();
    for _ in 0..count.checked_mul(2)? {
        numbers.push(next()?);
    }
    // The last line must have had an end.
    if used > data.len() {
        return None;
    }
    Some((extents(&numbers)?, used))
}

fn differs(earlier: Option<&Vec<u8>>, value: &[u8]) -> Option<&'static str> {
    earlier.filter(|earlier| *earlier != value).map(|_| "one record stands there twice with different values")
}

fn until_zeros(data: &[u8]) -> bool {
    data.first().is_none_or(|byte| *byte == 0)
}

/// The record at the front: `LENGTH KEY=VALUE\n`, where the length counts all of it.
fn record(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = data.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(data.get(..digits)?)?).ok()?;
    let content = data.get(digits + 1..length)?.strip_suffix(b"\n")?;
    let key = content.iter().position(|byte| *byte == b'=').filter(|key| *key > 0)?;
    Some((content.get(..key)?, content.get(key + 1..)?, data.get(length..)?))
}

fn decimal(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &[u8]) -> Records {
        let mut records = Records::default();
        records.read(data);
        records
    }

    #[test]
    fn records_are_read() {
        let records = read(b"13 path=a\nb\n\n21 mtime=1350244992.\n11 size=20\n");
        assert_eq!((records.path.as_deref(), records.size, records.odd), (Some(&b"a\nb\n"[..]), Some(20), None));
        assert_eq!(read(b"11 size=20\n\0\0\0").odd, None);
    }

    #[test]
    fn what_is_no_record_is_odd() {
        for data in [&b"99 path=a\n"[..], b"path=a\n", b"9 path=a ", b"3 =\n", b"-9 path=a\n", b"10 size=-1\n"] {
            assert!(read(data).odd.is_some(), "{data:?}");
        }
        assert!(read(b"10 size=1\n10 size=2\n").odd.is_some());
        assert!(read(b"9 path=a\n9 path=a\n").odd.is_none());
    }

    #[test]
    fn maps_of_holes_are_read() {
        let one = Extent { at: 0, size: 5 };
        assert_eq!(map_in_data(b"1\n0\n5\n\0\0", 10), Some((vec![one], 6)));
        for data in [&b"1\n0\n5"[..], b"99\n0\n5\n", b"x\n", b"", b"2\n0\n5\n"] {
            assert_eq!(map_in_data(data, 10), None, "{data:?}");
        }
    }
}
