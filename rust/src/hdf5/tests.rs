//! Files put together by hand: no library needed, and none that would write them so.

use proptest::prelude::*;

use super::*;

/// An undefined address.
const NONE: u64 = u64::MAX;

/// A file of version 2 at work: objects are added behind each other.
struct Made {
    bytes: Vec<u8>,
}

impl Made {
    fn new() -> Self {
        Self { bytes: vec![0; 48] }
    }

    /// The address of what is added next.
    fn next(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn add(&mut self, bytes: &[u8]) -> u64 {
        let address = self.next();
        self.bytes.extend_from_slice(bytes);
        address
    }

    /// An object with these messages.
    fn object(&mut self, messages: &[(u8, u8, Vec<u8>)]) -> u64 {
        let mut body = Vec::new();
        for (kind, flags, message) in messages {
            body.push(*kind);
            body.extend_from_slice(&u16::try_from(message.len()).unwrap().to_le_bytes());
            body.push(*flags);
            body.extend_from_slice(message);
        }
        let mut object = b"OHDR\x02\x02".to_vec();
        object.extend_from_slice(&u32::try_from(body.len()).unwrap().to_le_bytes());
        object.extend_from_slice(&body);
        object.extend_from_slice(&[0; 4]);
        self.add(&object)
    }

    /// The file with a superblock that leads to this object.
    fn file(mut self, root: u64) -> Vec<u8> {
        let end = self.next();
        let mut front = superblock::SIGNATURE.to_vec();
        front.extend_from_slice(&[2, 8, 8, 0]);
        for number in [0, NONE, end, root] {
            front.extend_from_slice(&number.to_le_bytes());
        }
        self.bytes[..44].copy_from_slice(&front);
        self.bytes
    }
}

fn scanned(bytes: Vec<u8>) -> Hdf5Scan {
    scan(&Source::from_bytes(bytes), &Deadline::never(), Limits::default()).unwrap()
}

fn said(scan: &Hdf5Scan) -> Vec<String> {
    let text = |finding: &Finding| {
        let facts: Vec<String> = finding.facts.iter().map(|(name, fact)| format!("{name}={fact:?}")).collect();
        format!("{} {}", finding.rule, facts.join(" "))
    };
    scan.findings.iter().map(text).collect()
}

fn hard(name: &str, address: u64) -> (u8, u8, Vec<u8>) {
    let mut link = vec![1, 0, u8::try_from(name.len()).unwrap()];
    link.extend_from_slice(name.as_bytes());
    link.extend_from_slice(&address.to_le_bytes());
    (6, 0, link)
}

fn text(name: &str, value: &[u8]) -> (u8, u8, Vec<u8>) {
    let size = |length: usize| u16::try_from(length).unwrap().to_le_bytes();
    let mut message = vec![3, 0];
    message.extend_from_slice(&size(name.len() + 1));
    message.extend_from_slice(&size(8));
    message.extend_from_slice(&size(4));
    message.push(0);
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&[0, 0x13, 0, 0, 0]);
    message.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
    message.extend_from_slice(&[2, 0, 0, 0]);
    message.extend_from_slice(value);
    (12, 0, message)
}

fn external(name: &str, file: &str) -> (u8, u8, Vec<u8>) {
    let mut link = vec![1, 8, 64, u8::try_from(name.len()).unwrap()];
    link.extend_from_slice(name.as_bytes());
    link.extend_from_slice(&u16::try_from(file.len() + 4).unwrap().to_le_bytes());
    link.push(0);
    link.extend_from_slice(file.as_bytes());
    link.extend_from_slice(b"\0/x\0");
    (6, 0, link)
}

/// Groups, an attribute and a link into another file.
fn small() -> Vec<u8> {
    let mut made = Made::new();
    let inner = made.object(&[text("a", b"value\0\0"), external("out", "/etc/passwd")]);
    let root = made.object(&[hard("group", inner), text("title", b"words")]);
    made.file(root)
}

#[test]
fn objects_links_and_attributes_are_listed() {
    let scan = scanned(small());
    assert_eq!(said(&scan), ["HDF111 path=Text(\"/group/out\") file=Text(\"/etc/passwd\") target=Text(\"/x\")"]);
    let names = scan.paths();
    let listed: Vec<_> = scan
        .attributes
        .iter()
        .map(|attribute| (attribute.path(&names), attribute.name.as_str(), attribute.values[0].bytes.clone()))
        .collect();
    assert_eq!(listed, [("/".into(), "title", b"words".to_vec()), ("/group".into(), "a", b"value".to_vec())]);
    let at = usize::try_from(scan.attributes[1].position).unwrap();
    assert_eq!(&small()[at..at + 5], b"value");
}

#[test]
fn a_file_may_begin_behind_other_bytes() {
    for start in [512, 1024, 1 << 16] {
        let bytes = [vec![7; start], small()].concat();
        assert_eq!(find(&Source::from_bytes(bytes.clone())).unwrap(), Some(start as u64));
        let scan = scanned(bytes.clone());
        assert_eq!((scan.findings.len(), scan.attributes.len()), (1, 2));
        assert_eq!(scan.end, bytes.len() as u64);
    }
    assert_eq!(find(&Source::from_bytes([vec![7; 700], small()].concat())).unwrap(), None);
}

#[test]
fn parts_of_a_header_that_lead_back_are_told() {
    let mut made = Made::new();
    let place = made.next();
    let mut again = place.to_le_bytes().to_vec();
    again.extend_from_slice(&40_u64.to_le_bytes());
    let part = made.add(&[b"OCHK\x10\x10\0\0".to_vec(), again.clone(), vec![0; 12]].concat());
    let root = made.object(&[(0x10, 0, [&part.to_le_bytes()[..], &again[8..]].concat())]);
    let scan = scanned(made.file(root));
    assert!(said(&scan)[0].contains("its parts lead back to each other"), "{:?}", said(&scan));
}

#[test]
fn groups_that_contain_each_other_are_visited_once() {
    let mut made = Made::new();
    // The second one follows the first, which has one message.
    let second = made.next() + 10 + 4 + 12 + 4;
    let a = made.object(&[hard("b", second)]);
    assert_eq!(made.object(&[hard("a", a)]), second);
    let scan = scanned(made.file(a));
    assert_eq!((said(&scan).len(), scan.groups), (0, 2));
}

#[test]
fn a_long_chain_of_groups_takes_little() {
    let mut made = Made::new();
    let mut below = made.object(&[text("deep", b"down")]);
    for _ in 0..200_000 {
        below = made.object(&[hard("a group with a name", below)]);
    }
    let scan = scanned(made.file(below));
    assert_eq!((said(&scan).len(), scan.groups), (0, 200_000));
    let path = scan.attributes[0].path(&scan.paths());
    assert!(path.starts_with("/.../a group") && path.len() < 2100);
}

#[test]
fn many_groups_over_one_heap_of_names_end_at_the_budget() {
    // Each group leads to the same nodes by a heap of its own, whose names are one long text.
    let mut made = Made::new();
    let name = made.add(&[vec![b'n'; 60_000], vec![0]].concat());
    let mut node = b"SNOD\x01\0".to_vec();
    node.extend_from_slice(&1000_u16.to_le_bytes());
    for _ in 0..1000 {
        node.extend_from_slice(&[0_u64.to_le_bytes(), 48_u64.to_le_bytes(), [0; 8], [0; 8], [0; 8]].concat());
    }
    let node = made.add(&node);
    let mut tree = b"TREE\0\0\x01\0".to_vec();
    for number in [NONE, NONE, 0, node, 0] {
        tree.extend_from_slice(&number.to_le_bytes());
    }
    let tree = made.add(&tree);
    let mut links = Vec::new();
    for number in 0..500 {
        let mut heap = b"HEAP\0\0\0\0".to_vec();
        for number in [60_001, NONE, name] {
            heap.extend_from_slice(&number.to_le_bytes());
        }
        let heap = made.add(&heap);
        let group = made.object(&[(0x11, 0, [tree.to_le_bytes(), heap.to_le_bytes()].concat())]);
        links.push(hard(&format!("g{number}"), group));
    }
    let root = made.object(&links);
    let scan = scanned(made.file(root));
    assert!(said(&scan).iter().any(|text| text.starts_with("HDF103")), "{:?}", said(&scan));
}

#[test]
fn types_inside_each_other_are_followed_so_far() {
    let mut datatype = Vec::new();
    for _ in 0..100 {
        datatype.extend_from_slice(&[0x19, 0, 0, 0, 16, 0, 0, 0]);
    }
    let shape = file::Shape { base: 0, offsets: 8, lengths: 8 };
    let mut cursor = file::Cursor::over(&datatype, 0, "datatype", shape);
    assert!(
        matches!(datatype::datatype(&mut cursor), Err(Fault::Broken { reason, .. }) if reason.contains("too deep"))
    );
}

#[test]
fn a_deadline_that_has_come_ends_the_scan() {
    let deadline = Deadline::after(Some(std::time::Duration::ZERO));
    let scan = scan(&Source::from_bytes(small()), &deadline, Limits::default()).unwrap();
    assert!(said(&scan)[0].starts_with("ENG101"));
}

#[test]
fn limits_are_told() {
    let mut made = Made::new();
    let mut links = Vec::new();
    for number in 0..20 {
        let group = made.object(&[text("a", b"some text")]);
        links.push(hard(&format!("g{number}"), group));
    }
    let root = made.object(&links);
    let bytes = made.file(root);
    for limits in [
        Limits { objects: 5, ..Limits::default() },
        Limits { attributes: 5, ..Limits::default() },
        Limits { text: 50, ..Limits::default() },
        Limits { names: 10, ..Limits::default() },
    ] {
        let scan = scan(&Source::from_bytes(bytes.clone()), &Deadline::never(), limits).unwrap();
        assert_eq!(scan.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), ["HDF103"], "{limits:?}");
    }
}

#[test]
fn a_cut_file_is_never_clean() {
    let whole = small();
    for length in 8..whole.len() {
        let scan = scanned(whole[..length].to_vec());
        assert!(!scan.findings.is_empty(), "{length}");
    }
}

proptest! {
    #[test]
    fn damage_never_panics(places in proptest::collection::vec((0_usize..400, any::<u8>()), 1..8)) {
        let mut bytes = small();
        for (place, byte) in places {
            let length = bytes.len();
            bytes[place % length] = byte;
        }
        let scan = scanned(bytes);
        for dataset in &scan.datasets {
            let _ = read_dataset(&scan.source, dataset, 1 << 16, &Deadline::never());
        }
    }

    #[test]
    fn bytes_behind_a_signature_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        scanned([superblock::SIGNATURE.to_vec(), bytes].concat());
    }
}
