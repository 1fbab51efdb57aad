//! Headers that lie, and what is told of them.

use super::*;

fn file(header: &str, data: usize) -> Vec<u8> {
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    out.resize(out.len() + data, 0);
    out
}

fn look(bytes: Vec<u8>) -> TensorScan {
    scan(&Source::from_bytes(bytes), &Deadline::never(), Limits::default()).unwrap_or_default()
}

fn rules(header: &str, data: usize) -> Vec<&'static str> {
    look(file(header, data)).findings.iter().map(|finding| finding.rule).collect()
}

const A: &str = r#""a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}"#;

#[test]
fn an_honest_file_has_no_finding() {
    let scan = look(file(&format!(r#"{{"__metadata__":{{"format":"pt"}},{A}}}   "#), 16));
    assert_eq!(scan.findings, []);
    assert_eq!(scan.metadata, [("format".to_owned(), "pt".to_owned())]);
    assert_eq!(scan.tensors.len(), 1);
    assert_eq!(scan.slack, []);
    assert_eq!(rules("{}", 0), [] as [&str; 0]);
    let empty = r#"{"e":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#;
    assert_eq!(rules(empty, 2), [] as [&str; 0]);
}

#[test]
fn lengths_that_lie_are_told() {
    let mut long = file(&format!("{{{A}}}"), 16);
    long[..8].copy_from_slice(&65536_u64.to_le_bytes());
    let scan = look(long);
    assert_eq!(scan.findings.first().map(|finding| finding.rule), Some("STN101"));
    assert_eq!(scan.tensors.len(), 1, "what could be read is kept");
    assert_eq!(look(vec![1, 2, 3]).findings.first().map(|finding| finding.rule), Some("STN101"));
    let mut huge = file(&format!("{{{A}}}"), 16);
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(look(huge).findings.iter().any(|finding| finding.rule == "STN102"));
}

#[test]
fn keys_that_stand_twice_are_told_at_every_level() {
    assert_eq!(rules(&format!("{{{A},{A}}}"), 16), ["STN103", "STN108"]);
    let inner = r#"{"a":{"dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#;
    assert_eq!(rules(inner, 16), ["STN103"]);
    assert_eq!(rules(&format!(r#"{{"__metadata__":{{"k":"1","k":"2"}},{A}}}"#), 16), ["STN103"]);
}

#[test]
fn what_makes_no_sense_is_told() {
    for broken in [
        r#"{"a":1}"#,
        r#"{"a":{"dtype":"F32","shape":[4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[-4,12]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4.5],"data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"F32","shape":"4","data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16,32]}}"#,
        r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}}"#,
        r#"{"__metadata__":{"k":1}}"#,
        r#"{"__metadata__":[]}"#,
    ] {
        assert!(rules(broken, 16).contains(&"STN104"), "{broken}");
    }
    let more = r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"hook":{"x":[[[[1]]]]}}}"#;
    assert_eq!(rules(more, 16), ["STN104"]);
}

#[test]
fn broken_json_keeps_what_stands_before_it() {
    for tail in ["", ",", ",\"b\"", ",\"b\":{", "}x", ",]}"] {
        let scan = look(file(&format!("{{{A}{tail}"), 16));
        assert_eq!(scan.tensors.len(), 1, "{tail}");
        assert!(scan.findings.iter().any(|finding| finding.rule == "STN101"), "{tail}");
    }
    assert_eq!(rules("[]", 0), ["STN101"]);
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert_eq!(rules(&deep, 0), ["STN101"]);
}

#[test]
fn sizes_are_compared_with_wide_numbers() {
    let wrong = r#"{"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}}"#;
    assert_eq!(rules(wrong, 16), ["STN107"]);
    let wraps = r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#;
    assert_eq!(rules(wraps, 0), ["STN106"]);
    let far = r#"{"a":{"dtype":"U8","shape":[0],"data_offsets":[18446744073709551615,18446744073709551615]}}"#;
    assert_eq!(rules(far, 0), ["STN106"]);
    assert_eq!(rules(r#"{"a":{"dtype":"Q3","shape":[5],"data_offsets":[0,16]}}"#, 16), ["STN105"]);
}

#[test]
fn tensors_tile_the_data() {
    let pair = |second: &str| format!(r#"{{{A},"b":{{"dtype":"U8","shape":[4],"data_offsets":{second}}}}}"#);
    assert_eq!(rules(&pair("[16,20]"), 20), [] as [&str; 0]);
    assert_eq!(rules(&pair("[15,19]"), 19), ["STN108"]);
    assert_eq!(rules(&pair("[18,22]"), 22), ["STN110"]);
    assert_eq!(rules(&pair("[16,20]"), 25), ["STN110"]);
    assert_eq!(rules(&pair("[16,20]"), 19), ["STN109"]);
    let scan = look(file(&pair("[18,22]"), 30));
    let start = scan.tensors.first().map_or(0, |tensor| tensor.start);
    assert_eq!(scan.slack, [Slack { start: start + 16, size: 2 }, Slack { start: start + 22, size: 8 }]);
}

#[test]
fn findings_are_bounded() {
    let many: Vec<String> =
        (0..5000).map(|n| format!(r#""t{n}":{{"dtype":"Q","shape":[],"data_offsets":[0,0]}}"#)).collect();
    let scan = look(file(&format!("{{{}}}", many.join(",")), 0));
    assert_eq!(scan.findings.len(), 1001);
    assert_eq!(scan.findings.last().map(|finding| finding.rule), Some("STN111"));
}

#[test]
fn fronts_are_told_from_other_bytes() {
    assert!(sniff(&file("{}", 0), Some(10)));
    assert!(sniff(&file(&format!("{{{A}}}"), 16), Some(1000)));
    let mut long = file(&format!("{{{A}}}"), 16);
    long[..8].copy_from_slice(&65536_u64.to_le_bytes());
    assert!(sniff(&long, Some(100)));
    assert!(!sniff(b"12345678{x", Some(100)));
    assert!(!sniff(b"12345678{\"x", Some(100)), "text is no length");
    assert!(!sniff(b"", Some(0)));
}

#[test]
fn a_tensor_without_data_lies_between_others_not_in_them() {
    let inside = r#""e":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}"#;
    assert_eq!(rules(&format!("{{{A},{inside}}}"), 16), ["STN108"]);
    let behind = r#""e":{"dtype":"F32","shape":[0],"data_offsets":[16,16]}"#;
    assert_eq!(rules(&format!("{{{A},{behind}}}"), 16), [] as [&str; 0]);
}

#[test]
fn tensors_that_begin_like_something_else_are_told_from_others() {
    let entry = |n: usize| {
        let (begin, end) = (n * 20, n * 20 + 20);
        format!(r#""t{n}":{{"dtype":"U8","shape":[20],"data_offsets":[{begin},{end}]}}"#)
    };
    let header = format!("{{{}}}", (0..9_000).map(entry).collect::<Vec<_>>().join(","));
    let mut bytes = file(&header, 9_000 * 20);
    let data = bytes.len() - 9_000 * 20;
    for (number, front) in [(0, &b"\x7fELF"[..]), (4_321, b"\x80\x04\x95"), (8_999, b"PK\x03\x04")] {
        bytes[data + number * 20..][..front.len()].copy_from_slice(front);
    }
    // In the middle of a tensor, and a version of pickles that does not exist.
    bytes[data + 26..][..4].copy_from_slice(b"\x7fELF");
    bytes[data + 40..][..3].copy_from_slice(b"\x80\x09\x95");
    assert_eq!(look(bytes).suspects, [0, 4_321, 8_999]);
}

#[test]
fn a_deadline_ends_the_reading_of_a_header() {
    let tensor = |number| format!(r#""t{number}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#);
    let text = |number| format!(r#""t{number}":"x""#);
    let tensors: Vec<String> = (0..5_000).map(tensor).collect();
    let metadata: Vec<String> = (0..5_000).map(text).collect();
    let late = Deadline::never();
    late.cancel();
    for header in [format!("{{{}}}", tensors.join(",")), format!(r#"{{"__metadata__":{{{}}}}}"#, metadata.join(","))] {
        let whole = Header::parse(header.as_bytes(), false, Limits::default(), &Deadline::never());
        assert!(whole.whole && whole.entries.len() + whole.metadata.len() == 5_000);
        let cut = Header::parse(header.as_bytes(), false, Limits::default(), &late);
        assert!(!cut.whole && cut.findings.is_empty() && cut.entries.len() + cut.metadata.len() < 2_000);
    }
}
