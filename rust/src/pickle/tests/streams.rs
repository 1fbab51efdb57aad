//! Several streams in one file, array data inside a stream, and recognition by content.

use super::*;
use crate::pickle::sniff;

fn is_pickle(data: &[u8]) -> bool {
    sniff(&Source::from_bytes(data.to_vec())).unwrap_or(false)
}

#[test]
fn all_streams_are_read_with_padding_between() {
    for between in [b"".as_slice(), b"\0\0\0\0", b"\n"] {
        let data = stream(&[b"\x80\x04N.", between, PAYLOAD, b"."]);
        assert!(finds_payload(&data), "{between:?}");
    }
    let scan = scanned(b"\x80\x04N.\x80\x04N.\0\0\0\0");
    assert_eq!((scan.streams, scan.complete, scan.findings), (2, true, vec![]));
}

#[test]
fn streams_behind_junk_are_found_and_the_junk_is_reported() {
    for second in [stream(&[b"\x80\x02", PAYLOAD, b"."]), stream(&[PAYLOAD, b"."])] {
        let data = stream(&[b"\x80\x04N.", b"\xfejunk\xff\xfe of some length", &second]);
        assert!(finds_payload(&data));
        assert!(rules(&data).contains(&("PKL203", 4)));
        assert!(!scanned(&data).complete);
    }
}

#[test]
fn each_stream_has_its_own_memo() {
    let first = stream(&[b"\x80\x04", &text("collections"), b"\x94", &text("OrderedDict"), b"\x94."]);
    let second = stream(&[b"\x80\x04", &text("posix"), b"\x94", &text("system"), b"\x9400h\x00h\x01\x93)R."]);
    assert!(finds_payload(&[first, second].concat()));
}

/// What joblib writes for an array: the wrapper with its state, then the bytes.
fn joblib_array(dtype: &str, dtype_state: &[u8], alignment: &[u8]) -> Vec<u8> {
    let dtype = stream(&[&global("numpy", "dtype"), &text(dtype), b"\x89\x88\x87R\x94", dtype_state]);
    let state = stream(&[
        b"}\x94(",
        &text("subclass"),
        &global("numpy", "ndarray"),
        &text("shape"),
        b"K\x03\x85\x94",
        &text("order"),
        &text("C"),
        &text("dtype"),
        &dtype,
        &text("allow_mmap"),
        b"\x88",
        alignment,
        b"ub",
    ]);
    stream(&[&global("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81\x94", &state])
}

#[test]
fn opcodes_after_inline_arrays_are_not_lost() {
    let wrapper = joblib_array("f8", b"", b"");
    let data = stream(&[b"\x80\x04", &wrapper, &[b'.'; 24], PAYLOAD, b"."]);
    assert!(finds_payload(&data));
    let aligned = joblib_array("f8", b"", &[text("numpy_array_alignment_bytes"), b"K\x10".to_vec()].concat());
    let data = stream(&[b"\x80\x04", &aligned, b"\x05\xff\xff\xff\xff\xff", &[b'.'; 24], PAYLOAD, b"."]);
    assert!(finds_payload(&data));
    assert!(scanned(&data).complete, "{:?}", scanned(&data).findings);
}

#[test]
fn arrays_inside_the_stream_that_begin_like_a_program_are_handed_on() {
    let wrapper = joblib_array("f8", b"", b"");
    for (front, expected) in [(&b"\x7fELF\x02\x01\x01\0"[..], 1), (b"\x3f\xf0\0\0\0\0\0\0", 0)] {
        let scan = scanned(&stream(&[b"\x80\x04", &wrapper, front, &[1; 16], b"."]));
        assert!(scan.complete, "{:?}", scan.findings);
        assert_eq!(scan.nested.len(), expected);
        assert!(scan.nested.iter().all(|nested| nested.is_buffer && nested.source.size() == Some(24)));
    }
}

#[test]
fn constants_that_may_carry_code_are_kept_as_loaders_get_them() {
    let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0";
    let digits = "f0VMRgIBAQAAAAAAAAAAAAMAPgABAAAA";
    let raw = stream(&[b"C\x18", elf]);
    let old = stream(&[b"S'\\x7fELF\\x02\\x01\\x01", &br"\0".repeat(9), b"'\n"]);
    let lines = stream(&[b"V", digits.as_bytes(), b"\\u0021\n"]);
    let expected: [(Vec<u8>, u64, Vec<u8>, bool); 4] = [
        (raw, 4, elf.to_vec(), false),
        (text(digits), 4, digits.as_bytes().to_vec(), true),
        (old, 3, [&elf[..7], &[0; 9]].concat(), false),
        (lines, 3, format!("{digits}!").into_bytes(), true),
    ];
    for (constant, offset, bytes, is_text) in expected {
        let scan = scanned(&stream(&[b"\x80\x04", &constant, b"."]));
        let [carried] = scan.carried.as_slice() else { unreachable!("one constant: {:?}", scan.carried) };
        assert_eq!((carried.offset, carried.bytes.as_slice(), carried.is_text), (offset, bytes.as_slice(), is_text));
    }
    for harmless in [text("some words that are no code at all, but a text"), text("MZ begins a text of thirty letters")]
    {
        assert_eq!(scanned(&stream(&[b"\x80\x04", &harmless, b"."])).carried, []);
    }
}

#[test]
fn a_constant_that_a_loader_reads_is_handed_on_once() {
    let inner = stream(&[b"\x80\x02", PAYLOAD, b"."]);
    let length = u8::try_from(inner.len()).unwrap_or(0);
    let data = stream(&[b"\x80\x04", &text("pickle"), &text("loads"), b"\x93C", &[length], &inner, b"\x85R."]);
    let scan = scanned(&data);
    assert_eq!((scan.nested.len(), scan.carried), (1, vec![]));
    let unread = stream(&[b"\x80\x04C", &[length], &inner, b"."]);
    assert_eq!(scanned(&unread).carried.len(), 1);
}

#[test]
fn pickles_of_object_arrays_inside_the_stream_are_read() {
    let wrapper = joblib_array("O8", b"", b"");
    let data = stream(&[b"\x80\x04", &wrapper, b"\x80\x02", PAYLOAD, b".", b"0N."]);
    assert!(finds_payload(&data));
    let scan = scanned(&data);
    assert!(scan.complete && scan.streams == 1, "{:?}", scan.findings);
    let after = stream(&[b"\x80\x04", &wrapper, b"\x80\x02N.", PAYLOAD, b"."]);
    assert!(finds_payload(&after));
}

#[test]
fn an_array_of_unknown_size_is_not_passed_over_in_silence() {
    let wrapper = joblib_array("f", b"", b"");
    let scan = scanned(&stream(&[b"\x80\x04", &wrapper, &[0; 24], b"."]));
    assert!(!scan.complete);
}

#[test]
fn legacy_torch_files_are_read_to_their_storages() {
    let magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
    let protocol = b"\x80\x02M\xe9\x03.";
    let system = b"\x80\x02}.";
    let pid = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06Nt";
    let tensor = stream(&[
        b"ctorch._utils\n_rebuild_tensor_v2\n(",
        pid,
        b"QK\x00K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)RtR",
    ]);
    let object = stream(&[b"\x80\x02}X\x06\0\0\0weight", &tensor, b"s."]);
    let keys = b"\x80\x02]X\x01\0\0\x000a.";
    let storage = [6_u64.to_le_bytes().to_vec(), vec![0x80; 24]].concat();
    let data = stream(&[magic, protocol, system, &object, keys, &storage]);
    let scan = scanned(&data);
    assert!(scan.complete && scan.streams == 5, "{:?}", scan.findings);
    let more = scanned(&stream(&[&data, PAYLOAD, b"."]));
    assert_eq!(more.streams, 6, "a stream behind the storages is seen");
}

#[test]
fn tensors_are_recovered_with_their_names() {
    let pid = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06t";
    let tensor = stream(&[b"ctorch._utils\n_rebuild_tensor_v2\n(", pid, b"QK\x00K\x02K\x03\x86K\x03K\x01\x86\x89NtR"]);
    let scan = scanned(&stream(&[b"\x80\x02}X\x09\0\0\0fc.weight", &tensor, b"s."]));
    if crate::rules::judge("torch._utils", "_rebuild_tensor_v2") == crate::rules::Verdict::Unknown {
        unreachable!("the table of torch lacks _rebuild_tensor_v2");
    }
    let tensor = scan.tensors.first();
    assert_eq!(
        tensor.map(|tensor| (tensor.name.as_str(), tensor.shape.as_slice())),
        Some(("fc.weight", [2, 3].as_slice()))
    );
}

#[test]
fn pickles_are_recognised_by_content() {
    for data in [
        b"\x80\x04N.".as_slice(),
        b"\x80\x02}q\x00.",
        b"(lp0\nI1\na.",
        b"cposix\nsystem\n(S'x'\ntR",
        b"cos\nsystem\n",
        b"(dp0\nVk\nI01\ns.",
        b"]q\x00(K\x01K\x02e.",
    ] {
        assert!(is_pickle(data), "{data:?}");
    }
}

#[test]
fn text_and_other_formats_are_not_taken_for_pickles() {
    for data in [
        b"".as_slice(),
        b"N.",
        b"I am here.\n",
        b"(see the notes below)\n",
        b"cats and\ndogs are\nanimals.\n",
        b"{\"a\": 1}\n",
        b"# Title\n\nText.\n",
        b"import os\nprint(1)\n",
        b"PK\x03\x04\x14\0\0\0",
        b"\x89HDF\r\n\x1a\n",
        b"\x93NUMPY\x01\0",
        b"\x80\x07N.",
        b"\x80",
        b"K\x01.",
        b"]]]]]]",
        b"Nothing to see here.\n",
        b"---\na: 1\n",
        b"GGUF\x03\0\0\0",
        b"MZ\x90\0",
        b"\x1f\x8b\x08\0",
        b"\x7fELF\x02\x01\x01\0",
        b"Loss: 0.5\nEpoch: 3\n",
        b"F1.0\n",
        b"}\n",
    ] {
        assert!(!is_pickle(data), "{:?}", String::from_utf8_lossy(data));
    }
}
