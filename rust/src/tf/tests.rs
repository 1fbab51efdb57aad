//! Arbitrary bytes and text, and what holds of both encodings.

use super::*;
use proptest::prelude::*;

/// Words of which graphs are made, so that random text comes close to one.
const WORDS: [&str; 16] = [
    "node", "{", "}", "name:", "\"x\"", "op:", "'PyFunc'", "attr", "value", "tensor", "[", "]", "<", "library", "s:",
    "\\",
];

fn rules(scan: &TensorFlowScan) -> Vec<&'static str> {
    scan.findings.iter().map(|finding| finding.rule).collect()
}

proptest! {
    #[test]
    fn any_bytes_are_walked_to_an_end(data in prop::collection::vec(any::<u8>(), 0..600), front in 0..4_usize) {
        let front: &[u8] = [&b""[..], b"\x08\x01\x12\x80\x04", b"\x0a\x0d\x0a\x01x\x12\x08Identity", b"\x12"][front];
        let source = Source::from_bytes([front, &data].concat());
        let deadline = Deadline::never();
        let scan = super::scan(&source, &deadline).unwrap();
        prop_assert!(!scan.expired);
        prop_assert!(scan.findings.iter().all(|finding| finding.offset <= 700));
        scan_metadata(&source, &deadline).unwrap();
        is_fingerprint(&source).unwrap();
        scan_text(&source, &deadline).unwrap();
    }

    #[test]
    fn any_words_are_read_to_an_end(picks in prop::collection::vec(0..WORDS.len(), 0..200)) {
        let text: Vec<&str> = picks.iter().map(|pick| WORDS[*pick]).collect();
        scan_text(&Source::from_bytes(text.join(" ").into_bytes()), &Deadline::never()).unwrap();
    }
}

#[test]
fn both_encodings_give_the_same_findings() {
    let binary = b"\x0a\x0f\x0a\x01x\x12\x0aIdentity12\x0a\x0b\x0a\x01e\x12\x06PyFunc";
    let text = b"node { name: 'x' op: 'Identity12' } node { name: 'e' op: 'PyFunc' }";
    let deadline = Deadline::never();
    let binary = super::scan(&Source::from_bytes(binary.to_vec()), &deadline).unwrap();
    let text = scan_text(&Source::from_bytes(text.to_vec()), &deadline).unwrap();
    assert_eq!(rules(&binary), ["TFG101", "TFG110"]);
    assert_eq!(rules(&text), rules(&binary));
    assert_eq!((binary.nodes, text.nodes), (2, 2));
}

#[test]
fn messages_in_text_end_at_a_depth() {
    let text = [b"node { name: 'e' op: 'PyFunc' } ".to_vec(), b"a {".repeat(100_000)].concat();
    let scan = scan_text(&Source::from_bytes(text), &Deadline::never()).unwrap();
    assert_eq!(rules(&scan), ["TFG101", "TFG111"]);
}
