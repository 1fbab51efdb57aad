//! What holds for all streams: truncation, appended bytes, changed bytes, and any bytes at all.

use proptest::prelude::*;

use super::*;

fn samples() -> Vec<Vec<u8>> {
    vec![
        stream(&[
            b"\x80\x04\x95\x27\0\0\0\0\0\0\0",
            &global("posix", "system"),
            &text("echo pwned"),
            b"\x85R\x94\x8c\x02ok0.",
        ]),
        stream(&[b"\x80\x02}q\x00(X\x01\0\0\0aq\x01K\x01X\x01\0\0\0bq\x02", PAYLOAD, b"u."]),
        stream(&[PAYLOAD, b".", b"\x80\x04", &global("mylib", "Net"), b")\x81}\x8c\x01kK\x01sb."]),
        b"(lp0\nI1\naF1.5\naVtext\np1\naS'str'\np2\naL12L\na(dp3\nVk\nI01\nsa.".to_vec(),
    ]
}

#[test]
fn a_truncation_reports_no_more_than_the_whole_and_is_never_clean() {
    for sample in samples() {
        let whole = callables(&sample);
        for length in 0..sample.len() {
            let cut = sample.get(..length).unwrap_or_default();
            let scan = scanned(cut);
            assert!(scan.streams > 0 || !scan.complete, "{length} bytes of {sample:?}");
            for path in callables(cut) {
                // A name that is cut is the beginning of one.
                assert!(whole.iter().any(|name| name.starts_with(&path)), "{path} at {length}");
            }
        }
    }
}

#[test]
fn appended_bytes_never_remove_a_finding() {
    for sample in samples() {
        let before = rules(&sample);
        for tail in [b"\0".as_slice(), b"N.", b"\x80\x04N.", b"junk", b"\xff\xff\xff\xff", PAYLOAD, b"."] {
            let after = rules(&stream(&[&sample, tail]));
            for finding in &before {
                assert!(after.contains(finding), "{finding:?} is gone behind {tail:?}");
            }
        }
    }
}

#[test]
fn changed_bytes_crash_nothing() {
    for sample in samples() {
        for place in 0..sample.len() {
            for value in [0, 1, b'(', b'.', b'R', b'0', 0x80, 0x93, 0x94, 0x95, 0xff] {
                let mut changed = sample.clone();
                if let Some(byte) = changed.get_mut(place) {
                    *byte = value;
                }
                let scan = scanned(&changed);
                assert!(scan.complete || !scan.findings.is_empty(), "incomplete in silence: {changed:?}");
            }
        }
    }
}

/// Bytes that are mostly opcodes, so that random streams get somewhere.
fn opcodes() -> impl Strategy<Value = Vec<u8>> {
    let codes = b"(.012FIJKLMNPQRSTUVXabcd}eghijlopqrst)u]G\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8bBC\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98\n\x00\x01\x02";
    prop::collection::vec(prop::sample::select(codes.to_vec()), 0..200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_end_without_a_crash_and_say_where(data in opcodes()) {
        let scan = scanned(&data);
        prop_assert!(scan.complete || !scan.findings.is_empty());
        prop_assert!(scan.bytes_read <= data.len() as u64);
    }

    #[test]
    fn the_same_bytes_give_the_same_findings(data in opcodes()) {
        prop_assert_eq!(scanned(&data).findings, scanned(&data).findings);
    }

    #[test]
    fn a_payload_behind_any_prefix_that_leaves_the_stream_whole_is_found(count in 0_usize..5_000) {
        let filler = b"K\x01\x940".repeat(count);
        let data = stream(&[b"\x80\x04", &filler, PAYLOAD, b"."]);
        prop_assert!(finds_payload(&data));
    }
}
