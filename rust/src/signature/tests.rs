//! Each kind of code is found at any offset, and random numbers hold none.

use super::*;

fn elf() -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
    header.resize(52, 0);
    header.extend(b"\x40\0\x38\0\x0b\0\x40\0\x1e\0\x1d\0");
    header
}

fn pe(header: u8) -> Vec<u8> {
    let mut dos = b"MZ\x90\0".to_vec();
    dos.resize(60, 0);
    dos.extend([header, 0, 0, 0]);
    dos.resize(usize::from(header), 0x55);
    dos.extend(b"PE\0\0\x64\x86\x06\0");
    dos
}

fn mach_o() -> Vec<u8> {
    b"\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x06\0\0\0\x11\0\0\0\x28\x05\0\0\x85\0\x20\0".to_vec()
}

fn fat() -> Vec<u8> {
    b"\xca\xfe\xba\xbe\0\0\0\x02\x01\0\0\x07\0\0\0\x03\0\0\x40\0\0\0\x10\0\0\0\0\x0e".to_vec()
}

fn java() -> Vec<u8> {
    b"\xca\xfe\xba\xbe\0\0\0\x34\0\x0d\x0a\0\x02\0\x03\x07\0\x04\x0c\0\x05\0\x06\x01\0\x10java/lang/Object\x01\0\x06<init>\x01\0\x03()V".to_vec()
}

fn python(version: u16, code: usize) -> Vec<u8> {
    let mut bytes = [&version.to_le_bytes()[..], b"\r\n"].concat();
    bytes.resize(code, 0);
    bytes.push(0xe3);
    bytes.extend([0; 12]);
    bytes.extend(b"\x02\0\0\0\x40\0\0\0s\x0a\0\0\0d\0d\x01");
    bytes
}

fn all() -> Vec<(Vec<u8>, Kind)> {
    vec![
        (elf(), Kind::Elf),
        (pe(0x80), Kind::Pe),
        (pe(0x40), Kind::Pe),
        (mach_o(), Kind::MachO),
        (fat(), Kind::MachO),
        (b"\x50\xed\x55\xba\x01\0\x10\0\x40\x01\0\0\0\0\0\0".to_vec(), Kind::Cuda),
        (b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0".to_vec(), Kind::Wasm),
        (java(), Kind::Java),
        ([b"dex\n035\0".to_vec(), vec![7; 28], vec![0x70, 0, 0, 0]].concat(), Kind::Dex),
        (b"BC\xc0\xde\x35\x14\0\0\x05\0\0\0".to_vec(), Kind::Bitcode),
        (python(3495, 16), Kind::Python),
        (python(3571, 16), Kind::Python),
        (python(3379, 12), Kind::Python),
        (python(62211, 8), Kind::Python),
        (b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\x05\0\0\0\x05\0\0\0\x05\0\0\0a.pklhello".to_vec(), Kind::Zip),
        (b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R.".to_vec(), Kind::Pickle),
        (b"\x80\x04\x95\x1f\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.".to_vec(), Kind::Pickle),
    ]
}

fn noise(size: usize, mut state: u64) -> Vec<u8> {
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(|| step().to_le_bytes()).flatten().take(size).collect()
}

fn found(content: Vec<u8>) -> Vec<(u64, Kind)> {
    let found = search(&Source::from_bytes(content), &[], &[], &Deadline::never()).unwrap_or_else(|_| unreachable!());
    assert!(!found.crowded && found.swept == Swept::Whole);
    found.signatures
}

#[test]
fn each_kind_is_known_at_the_start() {
    for (bytes, kind) in all() {
        let content = [&bytes[..], &[0; 100]].concat();
        let start = code_at(&Source::from_bytes(content), 0).ok().flatten();
        assert_eq!(start, Some(kind).filter(|kind| kind.is_code()), "{kind:?}");
    }
}

#[test]
fn each_kind_is_found_at_any_offset_also_across_borders_of_blocks() {
    for (bytes, kind) in all() {
        for at in [1, 2, 3, 1001, 70_002, (1 << 20) - 3, (1 << 20) - 2, (1 << 20) - 1, 1 << 20, (5 << 20) - 60] {
            let content = [&noise(at, 9)[..], &bytes, &noise(5 << 20, 7)].concat();
            assert_eq!(found(content), [(at as u64, kind)], "{kind:?} at {at}");
        }
    }
}

#[test]
fn magic_numbers_alone_are_nothing() {
    for (bytes, kind) in all() {
        let magic = bytes.get(..4).unwrap_or_default();
        for filling in [0, 0xff, 0x41] {
            let content = [&noise(100, 3)[..], magic, &vec![filling; 5000]].concat();
            assert_eq!(found(content), [], "{kind:?}");
        }
    }
    assert_eq!(found(b"a text\r\nwith lines\r\nPE\0\0 and MZ, PK\x03\x04 and \x7fELF\r\n".repeat(10_000)), []);
}

#[test]
fn random_numbers_hold_nothing() {
    for seed in 1..5 {
        assert_eq!(found(noise(16 << 20, seed)), []);
        // Weights: small floats, whose upper bytes are all alike.
        let floats = noise(8 << 20, seed).into_iter().map(|byte| f32::from(byte) / 2560.0 - 0.05);
        assert_eq!(found(floats.flat_map(f32::to_le_bytes).collect()), []);
    }
}

#[test]
fn what_is_known_or_lies_in_a_part_is_left_out() {
    let zip = all().into_iter().find(|(_, kind)| *kind == Kind::Zip).map(|(bytes, _)| bytes).unwrap_or_default();
    let content = [&[0; 100][..], &zip, &[0; 100], &elf(), &[0; 900]].concat();
    let source = Source::from_bytes(content);
    let of = |parts: &[Source], known: &[String]| {
        let found = search(&source, parts, known, &Deadline::never()).map(|found| found.signatures);
        found.unwrap_or_default().iter().map(|(_, kind)| *kind).collect::<Vec<_>>()
    };
    assert_eq!(of(&[], &[]), [Kind::Zip, Kind::Elf]);
    assert_eq!(of(&[], &["zip".to_owned(), "elf".to_owned()]), [Kind::Elf]);
    assert_eq!(of(&[source.slice(150, 500)], &[]), [Kind::Zip]);
}

#[test]
fn beginnings_without_end_are_not_followed_for_ever() {
    let source = Source::from_bytes(b"\x80\x02}q\0(X\x03\0\0\0abc".repeat(100_000));
    let found = search(&source, &[], &[], &Deadline::never()).unwrap_or_else(|_| unreachable!());
    assert!(found.crowded);
    let windows = Source::from_bytes(b"MZPE\0\0\x64\x86".repeat(200_000));
    assert!(search(&windows, &[], &[], &Deadline::never()).is_ok_and(|found| found.crowded));
}
