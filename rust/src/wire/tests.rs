//! Messages written at random and read again, cut, or not messages at all.

use super::*;
use crate::codec::Codec;
use proptest::prelude::*;

fn number(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return out;
        }
        out.push(low | 0x80);
    }
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    [number(field << 3 | 2), number(content.len() as u64), content.to_vec()].concat()
}

/// A message as it is written and as it is read.
#[derive(Debug, Clone)]
enum Node {
    Varint(u32, u64),
    Fixed64(u32, u64),
    Fixed32(u32, u32),
    Leaf(u32, Vec<u8>),
    Message(u32, Vec<Node>),
    Group(u32, Vec<Node>),
}

fn encode(nodes: &[Node]) -> Vec<u8> {
    let one = |node: &Node| match node {
        Node::Varint(field, value) => [number(u64::from(*field) << 3), number(*value)].concat(),
        Node::Fixed64(field, value) => [number(u64::from(*field) << 3 | 1), value.to_le_bytes().to_vec()].concat(),
        Node::Fixed32(field, value) => [number(u64::from(*field) << 3 | 5), value.to_le_bytes().to_vec()].concat(),
        Node::Leaf(field, content) => bytes(u64::from(*field), content),
        Node::Message(field, inner) => bytes(u64::from(*field), &encode(inner)),
        Node::Group(field, inner) => {
            let field = u64::from(*field) << 3;
            [number(field | 3), encode(inner), number(field | 4)].concat()
        }
    };
    nodes.iter().flat_map(one).collect()
}

fn compare(wire: &mut Wire<'_>, nodes: &[Node]) {
    for node in nodes {
        let field = wire.next().unwrap().unwrap();
        match node {
            Node::Varint(number, value) => {
                assert_eq!((field.number, field.value), (*number, Value::Varint(*value)));
            }
            Node::Fixed64(number, value) => {
                assert_eq!((field.number, field.value), (*number, Value::Fixed64(*value)));
            }
            Node::Fixed32(number, value) => {
                assert_eq!((field.number, field.value), (*number, Value::Fixed32(*value)));
            }
            Node::Leaf(number, content) => {
                assert_eq!(field.number, *number);
                assert_eq!(wire.peek(usize::MAX).unwrap(), content);
            }
            Node::Message(number, inner) => {
                assert_eq!(field.number, *number);
                assert!(wire.enter());
                // Every second one is left early.
                let few = if number.is_multiple_of(2) { inner.len() } else { inner.len() / 2 };
                compare(wire, &inner[..few]);
                wire.leave().unwrap();
            }
            Node::Group(number, _) => assert_eq!((field.number, field.value), (*number, Value::Group)),
        }
    }
}

/// All fields, where whatever reads as a message is opened: number, offset, and where their bytes lie.
fn walk(source: &Source, deadline: &Deadline) -> (Vec<Field>, Vec<Fault>) {
    let mut wire = Wire::new(source, deadline).unwrap();
    let mut fields = Vec::new();
    loop {
        match wire.next().unwrap() {
            Some(field) => {
                fields.push(field);
                if field.number % 3 != 0 {
                    wire.enter();
                }
            }
            None if wire.depth() > 0 => wire.leave().unwrap(),
            None => return (fields, wire.faults().to_vec()),
        }
    }
}

fn node() -> impl Strategy<Value = Node> {
    let field = 1..0x1fff_ffff_u32;
    let leaf = prop_oneof![
        (field.clone(), any::<u64>()).prop_map(|(field, value)| Node::Varint(field, value)),
        (field.clone(), any::<u64>()).prop_map(|(field, value)| Node::Fixed64(field, value)),
        (field.clone(), any::<u32>()).prop_map(|(field, value)| Node::Fixed32(field, value)),
        (field.clone(), prop::collection::vec(any::<u8>(), 0..300)).prop_map(|(field, value)| Node::Leaf(field, value)),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let inner = prop::collection::vec(inner, 0..6);
        prop_oneof![
            (field.clone(), inner.clone()).prop_map(|(field, inner)| Node::Message(field, inner)),
            (field.clone(), inner).prop_map(|(field, inner)| Node::Group(field, inner)),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(nodes in prop::collection::vec(node(), 0..8)) {
        let encoded = encode(&nodes);
        let deadline = Deadline::never();
        let plain = Source::from_bytes(encoded.clone());
        // The same as a stream of unknown size, as one block that is stored.
        let size = u16::try_from(encoded.len()).unwrap();
        let block = [&[1][..], &size.to_le_bytes(), &(!size).to_le_bytes(), &encoded].concat();
        let stream = Source::from_bytes([&[0x78, 1][..], &block, &adler(&encoded).to_be_bytes()].concat());
        for source in [plain, stream.decode(Codec::Zlib, 1 << 40)] {
            let mut wire = Wire::new(&source, &deadline).unwrap();
            compare(&mut wire, &nodes);
            prop_assert_eq!(wire.next().unwrap(), None);
            prop_assert_eq!(wire.faults(), &[]);
        }
    }

    #[test]
    fn a_cut_message_gives_its_front_and_a_fault(nodes in prop::collection::vec(node(), 1..8), part in 0..1000_usize) {
        let encoded = encode(&nodes);
        let cut = encoded.len() * part / 1000;
        let deadline = Deadline::never();
        let (whole, _) = walk(&Source::from_bytes(encoded.clone()), &deadline);
        let (front, faults) = walk(&Source::from_bytes(encoded[..cut].to_vec()), &deadline);
        let known = |field: &Field| whole.iter().any(|other| (other.number, other.offset) == (field.number, field.offset));
        prop_assert!(front.iter().all(known));
        let ends: Vec<usize> = (0..=nodes.len()).map(|count| encode(&nodes[..count]).len()).collect();
        prop_assert!(ends.contains(&cut) || !faults.is_empty());
    }

    #[test]
    fn any_bytes_end_and_stay_inside(data in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let (fields, faults) = walk(&Source::from_bytes(data.clone()), &Deadline::never());
        for field in fields {
            prop_assert!(field.offset < data.len() as u64);
            if let Value::Bytes { start, length } = field.value {
                prop_assert!(start + length <= data.len() as u64);
            }
        }
        prop_assert!(faults.iter().all(|fault| fault.offset <= data.len() as u64));
    }
}

fn adler(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn faults(data: &[u8]) -> Vec<(u64, Kind)> {
    let (_, faults) = walk(&Source::from_bytes(data.to_vec()), &Deadline::never());
    faults.iter().map(|fault| (fault.offset, fault.kind)).collect()
}

#[test]
fn each_break_is_told_with_its_place() {
    assert_eq!(faults(b"\x08"), [(0, Kind::Truncated)]);
    assert_eq!(faults(b"\x08\x01\x1a\x05abc"), [(2, Kind::Truncated)]);
    assert_eq!(faults(&[&[0x08][..], &[0x80; 10]].concat()), [(0, Kind::Varint)]);
    assert_eq!(faults(b"\x00\x01"), [(0, Kind::Tag)]);
    assert_eq!(faults(b"\x0f\x01"), [(0, Kind::Tag)]);
    assert_eq!(faults(b"\x0c"), [(0, Kind::Group)]);
    assert_eq!(faults(b"\x0b\x14"), [(0, Kind::Group)]);
    // A length inside of a message that leads behind it: the fields after the message are read all the same.
    let (fields, broken) = walk(&Source::from_bytes(b"\x0a\x02\x1a\x09\x10\x07".to_vec()), &Deadline::never());
    assert_eq!(broken, [Fault { offset: 2, kind: Kind::Length }]);
    assert_eq!(fields.last().map(|field| field.value), Some(Value::Varint(7)));
}

#[test]
fn messages_and_groups_end_at_a_depth() {
    let mut nested = Vec::new();
    for _ in 0..DEPTH + 5 {
        nested = bytes(1, &nested);
    }
    assert_eq!(faults(&nested).iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), [Kind::Depth]);
    assert_eq!(faults(&[b"\x0b".repeat(DEPTH + 5), b"\x0c".repeat(DEPTH + 5)].concat()), [(0, Kind::Group)]);
    assert_eq!(faults(&[b"\x0b".repeat(DEPTH), b"\x0c".repeat(DEPTH)].concat()), []);
}

#[test]
fn large_payloads_are_skipped_and_what_follows_is_read() {
    let data = [bytes(3, &vec![0; 3_000_000]), number(4 << 3), number(5)].concat();
    let deadline = Deadline::never();
    let mut wire = Wire::new(&Source::from_bytes(data), &deadline).unwrap();
    wire.next().unwrap();
    assert_eq!(wire.peek(4).unwrap(), [0; 4]);
    assert_eq!(wire.next().unwrap().map(|field| field.value), Some(Value::Varint(5)));
}

#[test]
fn time_that_is_over_ends_the_walk() {
    let deadline = Deadline::never();
    deadline.cancel();
    let source = Source::from_bytes(b"\x08\x01".repeat(10_000));
    let mut wire = Wire::new(&source, &deadline).unwrap();
    let mut count = 0;
    while wire.next().unwrap().is_some() {
        count += 1;
    }
    assert!(wire.expired() && count < FIELDS);
}
