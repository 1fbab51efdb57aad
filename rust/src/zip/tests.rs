//! Archives assembled byte by byte: what is found in them, and that no damage ends in a panic or an endless loop.

use proptest::prelude::*;

use super::*;

/// A local header, an entry for it at `offset`, and the data.
fn member(name: &str, data: &[u8], offset: u32) -> (Vec<u8>, Vec<u8>) {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    let size = u32::try_from(data.len()).unwrap_or(0).to_le_bytes();
    let length = u16::try_from(name.len()).unwrap_or(0).to_le_bytes();
    let fixed = [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &crc.sum().to_le_bytes(), &size, &size, &length, &[0; 2]];
    let fixed = fixed.concat();
    let local = [b"PK\x03\x04", &fixed[..], name.as_bytes(), data].concat();
    let entry = [b"PK\x01\x02\x14\x00", &fixed[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat();
    (local, entry)
}

fn archive() -> Vec<u8> {
    let (first, one) = member("a/version", b"3\n", 0);
    let (second, two) = member("a/data", b"some bytes", u32::try_from(first.len()).unwrap_or(0));
    let start = u32::try_from(first.len() + second.len()).unwrap_or(0).to_le_bytes();
    let size = u32::try_from(one.len() + two.len()).unwrap_or(0).to_le_bytes();
    let end = [b"PK\x05\x06\0\0\0\0\x02\0\x02\0", &size[..], &start, &[0; 2]].concat();
    [first, second, one, two, end].concat()
}

fn scan_bytes(bytes: Vec<u8>) -> ZipScan {
    scan(&Source::from_bytes(bytes), &Deadline::never())
}

fn rules(scan: &ZipScan) -> Vec<&'static str> {
    scan.findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn an_honest_archive_is_read_without_findings() {
    let scan = scan_bytes(archive());
    assert!(scan.complete);
    assert_eq!(rules(&scan), [""; 0]);
    assert!(scan.slack.is_empty());
    let names: Vec<_> = scan.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["a/version", "a/data"]);
    assert_eq!(scan.members[1].content().read(0, 100).unwrap_or_default(), b"some bytes");
}

#[test]
fn two_archives_in_one_file_are_both_read() {
    let scan = scan_bytes([archive(), archive()].concat());
    assert!(rules(&scan).contains(&"ZIP101"));
    assert_eq!(scan.members.len(), 4);
}

#[test]
fn members_are_found_without_a_directory() {
    let whole = archive();
    let directory = memchr::memmem::find(&whole, b"PK\x01\x02").unwrap_or(0);
    let scan = scan_bytes(whole[..directory].to_vec());
    assert_eq!(rules(&scan), ["ZIP127"]);
    assert!(!scan.complete);
    assert!(scan.members.iter().all(|member| member.hidden));
    assert_eq!(scan.members.len(), 2);
}

#[test]
fn text_and_pickles_that_call_nothing_are_settled() {
    let (text, pickle) = (member("a.txt", b"text", 0), member("b", b"\x80\x04]\x94(K\x01K\x02e.", 34 + 5));
    let start = u32::try_from(text.0.len() + pickle.0.len()).unwrap_or(0).to_le_bytes();
    let size = u32::try_from(text.1.len() + pickle.1.len()).unwrap_or(0).to_le_bytes();
    let end = [b"PK\x05\x06\0\0\0\0\x02\0\x02\0", &size[..], &start, &[0; 2]].concat();
    let scan = scan_bytes([text.0, pickle.0, text.1, pickle.1, end].concat());
    let sift = |marks: Marks| scan.sift(&marks, &Deadline::never());
    assert_eq!(sift(Marks::default()), Sifted { left: Vec::new(), texts: 1, pickles: 1 });
    let suffixes = vec![".txt".to_owned()];
    assert_eq!(sift(Marks::new(vec![], vec![], suffixes, vec![])).left, [0], "a name that promises a format");
    assert_eq!(sift(Marks::new(vec![b't'], vec![], vec![], vec![])).left, [0], "another format's first byte");
    let bytes = vec![(Some(1), b"ext".to_vec())];
    assert_eq!(sift(Marks::new(vec![], bytes, vec![], vec![])).left, [0], "another format's mark");
    let words = |word: &[u8]| Marks::new(vec![], vec![], vec![], vec![word.to_vec()]);
    assert_eq!(sift(words(b"EX")).left, [0], "a word of a text, in any case");
    assert_eq!(sift(words(b"K")).left, [0_usize; 0], "pickles have no words");
}

#[test]
fn json_is_settled_only_if_nothing_is_odd_about_it() {
    for (content, settled) in [(&b"{\"a\": 1}"[..], 1), (b"{\"a\": 1, \"a\": 2}", 0), (b" [1", 0)] {
        let (local, entry) = member("a", content, 0);
        let (start, size) = (local.len(), entry.len());
        let place = [u32::try_from(size).unwrap_or(0).to_le_bytes(), u32::try_from(start).unwrap_or(0).to_le_bytes()];
        let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &place.concat()[..], &[0; 2]].concat();
        let scan = scan_bytes([local, entry, end].concat());
        assert_eq!(scan.sift(&Marks::default(), &Deadline::never()).texts, settled);
    }
}

#[test]
fn every_truncation_is_noticed() {
    let whole = archive();
    for length in 0..whole.len() {
        let scan = scan_bytes(whole[..length].to_vec());
        assert!(!scan.complete, "{length}");
    }
}

#[test]
fn a_file_of_end_records_ends_soon() {
    let record = [&b"PK\x05\x06\0\0\0\0\x01\0\x01\0\x2e\0\0\0"[..], &[0; 6]].concat();
    let scan = scan_bytes(record.repeat(100_000));
    assert!(rules(&scan).contains(&"ZIP131"));
}

proptest! {
    #[test]
    fn no_damage_ends_in_a_panic(
        changes in proptest::collection::vec((0_usize..400, any::<u8>()), 1..6), cut in 0_usize..400, twice: bool
    ) {
        let mut bytes = archive();
        if twice {
            bytes.extend_from_slice(&archive());
        }
        for (at, value) in changes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        bytes.truncate(bytes.len().max(cut) - cut / 8);
        let scan = scan_bytes(bytes);
        for member in &scan.members {
            let _ = member.content().read(0, 100);
        }
        prop_assert!(scan.members.len() < 100);
    }
}
