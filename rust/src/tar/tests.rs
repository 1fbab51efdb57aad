//! Archives whose layouts the Python tests do not build, and sizes at the edge of what numbers hold.

use super::*;

fn header(name: &str, size: &[u8; 12], kind: u8) -> Vec<u8> {
    let mut block = vec![0; 512];
    block.splice(..name.len(), name.bytes());
    block.splice(124..136, size.iter().copied());
    block.splice(148..156, *b"        ");
    block.splice(156..157, [kind]);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block.splice(148..156, format!("{sum:06o}\0 ").bytes());
    block
}

fn rules(archive: Vec<u8>) -> Vec<&'static str> {
    let scan = scan(&Source::from_bytes(archive), &Deadline::never(), Limits::default());
    scan.map(|scan| scan.findings.iter().map(|finding| finding.rule).collect()).unwrap_or_default()
}

#[test]
fn sizes_that_overflow_end_the_archive() {
    for size in [*b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", *b"77777777777\0"] {
        for kind in [b'0', b'x', b'L', b'g', b'S', b'5', b'1'] {
            let found = rules([header("a", &size, kind), vec![0; 1024]].concat());
            assert!(!found.is_empty(), "{kind}");
        }
    }
}

#[test]
fn an_archive_without_magic_is_known_by_its_checksum() {
    let archive = [header("a", b"00000000000\0", 0), vec![0; 1024]].concat();
    assert!(sniff(&archive));
    assert!(rules(archive).is_empty());
    assert!(!sniff(&[0; 4096]));
    assert!(!sniff(b"short"));
}

#[test]
fn members_end_at_a_limit() {
    let one = header("a", b"00000000000\0", b'0');
    let limits = Limits { members: 3, ..Limits::default() };
    let source = Source::from_bytes([one.repeat(5), vec![0; 1024]].concat());
    let scan = super::scan(&source, &Deadline::never(), limits).unwrap_or_default();
    assert_eq!(scan.members.len(), 3);
    assert_eq!(scan.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["TAR124"]);
}
