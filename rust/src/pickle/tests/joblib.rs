//! Array data in the stream: what a forged wrapper would have a scanner skip, and what a plain unpickler runs.

use super::*;

/// A call that is dropped, and filler up to the size of the array that would hide it.
fn hidden() -> Vec<u8> {
    let mut data = stream(&[PAYLOAD, b"0"]);
    data.resize(64, b'N');
    data
}

fn dtype(code: &str) -> Vec<u8> {
    stream(&[&global("numpy", "dtype"), &text(code), b"\x89\x88\x87R"])
}

fn wrapper() -> Vec<u8> {
    stream(&[&global("joblib.numpy_pickle", "NumpyArrayWrapper"), b")\x81"])
}

fn state(shape: &[u8], dtype: &[u8], more: &[u8]) -> Vec<u8> {
    stream(&[
        b"}\x94(",
        &text("subclass"),
        &global("numpy", "ndarray"),
        &text("shape"),
        shape,
        &text("order"),
        &text("C"),
        &text("dtype"),
        dtype,
        &text("allow_mmap"),
        b"\x88",
        more,
        b"u",
    ])
}

fn file(parts: &[&[u8]]) -> Vec<u8> {
    stream(&[b"\x80\x04", &stream(parts)])
}

fn told(data: &[u8]) -> Vec<&'static str> {
    rules(data).into_iter().map(|(rule, _)| rule).collect()
}

#[test]
fn honest_arrays_are_skipped() {
    let zeros: &[u8] = &[0; 64];
    assert_eq!(told(&file(&[&wrapper(), &state(b"K\x08\x85", &dtype("f8"), b""), b"b", zeros, b"."])), [""; 0]);
    let aligned = state(b"K\x08\x85", &dtype("f8"), &stream(&[&text("numpy_array_alignment_bytes"), b"K\x10"]));
    assert_eq!(told(&file(&[&wrapper(), &aligned, b"b\x03\xff\xff\xff", zeros, b"."])), [""; 0]);
    // Protocol 0 writes the state entry by entry.
    let by_entry = stream(&[
        b"(dp0\n",
        &text("shape"),
        b"K\x08\x85s",
        &text("dtype"),
        &dtype("f8"),
        b"s",
        &text("order"),
        b"Vx\ns",
    ]);
    assert_eq!(told(&file(&[&wrapper(), &by_entry, b"b", zeros, b"."])), [""; 0]);
}

#[test]
fn a_plain_unpickler_runs_what_joblib_takes_for_data() {
    let data = file(&[&wrapper(), &state(b"K\x08\x85", &dtype("f8"), b""), b"b", &hidden(), b"."]);
    assert!(finds_payload(&data));
    // Names that the stream stored before the array reach it as well.
    let names = stream(&[&text("posix"), b"\x94", &text("system"), b"\x940"]);
    let mut body = b"h\x01h\x02\x93X\x02\0\0\0id\x85R0".to_vec();
    body.resize(64, b'N');
    let data = file(&[b"N\x940", &names, b"0", &wrapper(), &state(b"K\x08\x85", &dtype("f8"), b""), b"b", &body, b"."]);
    assert!(finds_payload(&data), "{:?}", scanned(&data).findings);
    let noise: Vec<u8> = (0..=255_u8).cycle().take(64_000).collect();
    let shape = b"M\x40\x1f\x85";
    assert_eq!(told(&file(&[&wrapper(), &state(shape, &dtype("f8"), b""), b"b", &noise, b"."])), [""; 0]);
}

#[test]
fn a_wrapper_whose_state_is_changed_elsewhere_is_forged() {
    let state = state(b"K\x08\x85", &dtype("f8"), b"");
    let to_zero = stream(&[&text("shape"), b"K\0\x85"]);
    for (name, way) in [
        ("DUP", stream(&[&state, b"2(", &to_zero, b"u0b"])),
        ("memo", stream(&[&state, b"h\0", &to_zero, b"s0b"])),
        ("read from the memo", stream(&[&state, b"0h\0b"])),
        ("no state", b"Nb".to_vec()),
        ("slots", stream(&[b"N", &state, b"\x86b"])),
        ("overflow", stream(&[&super::joblib::state(b"\x8a\x08\0\0\0\0\0\0\0\x40K\x04\x86", &dtype("f8"), b""), b"b"])),
    ] {
        let data = file(&[&wrapper(), &way, &hidden(), b"."]);
        assert!(told(&data).contains(&"PKL173"), "{name}: {:?}", told(&data));
        assert!(finds_payload(&data), "{name}");
    }
}

#[test]
fn a_second_build_writes_to_the_array_and_reads_no_more_data() {
    let first = stream(&[&wrapper(), &state(b"K\x08\x85", &dtype("f8"), b""), b"b", &[0; 64]]);
    assert!(finds_payload(&file(&[&first, b"}b", &hidden(), b"."])));
}

#[test]
fn the_dtype_is_read_as_numpy_reads_it() {
    let plain =
        |size: &[u8], flags: u8| stream(&[b"(K\x03", &text("<"), b"NNN", size, b"K\x01", &[b'K', flags], b"tb"]);
    let sized = |dtype: &[u8], data: &[u8]| {
        let state = state(b"K\x02\x85", dtype, b"");
        file(&[&wrapper(), &state, b"b", data, b"."])
    };
    let zeros: &[u8] = &[0; 8];
    assert_eq!(told(&sized(&stream(&[&dtype("S4"), &plain(b"K\x04", 0)]), zeros)), [""; 0]);
    // The size of the state counts, not that of the code: two bytes an element here.
    let shorter = stream(&[&dtype("S4"), &plain(b"K\x02", 0)]);
    assert!(finds_payload(&sized(&shorter, &stream(&[&[0; 4], &hidden()]))));
    for forged in [stream(&[&dtype("f8"), &plain(b"K\x08", 1)]), stream(&[&dtype("O8"), &plain(b"K\x08", 0)])] {
        assert!(told(&sized(&forged, zeros)).contains(&"PKL172"));
    }
    let several = sized(&dtype("i4,i4"), &stream(&[&[0xa5; 16], &hidden()]));
    assert!(told(&several).contains(&"PKL204") && finds_payload(&several));
    assert!(told(&sized(&dtype("i4,O"), zeros)).iter().any(|rule| rule.starts_with("PKL")));
}

#[test]
fn special_attributes_are_seen_through_aliases_and_calls() {
    let instance = stream(&[&global("mylib", "Net"), b")\x81"]);
    let entry = stream(&[&text("__setstate__"), b"N"]);
    let duplicated = file(&[&instance, b"}2", &entry, b"s0b."]);
    assert!(told(&duplicated).contains(&"PKL143"));
    let in_a_tuple = file(&[&instance, b"N}\x94\x86h\0", &entry, b"s0b."]);
    assert!(told(&in_a_tuple).contains(&"PKL143"));
    let pairs = stream(&[&global("builtins", "dict"), b"]", &entry, b"\x86a\x85R"]);
    assert!(told(&file(&[&instance, &pairs, b"b."])).contains(&"PKL144"));
    let computed = stream(&[b"}", &global("builtins", "str"), &text("__setstate__"), b"\x85RNs"]);
    assert!(told(&file(&[&instance, &computed, b"b."])).contains(&"PKL144"));
    let far_down = stream(&[b"}(", &entry, &stream(&[&text("a"), b"N"]).repeat(40_000), b"u"]);
    assert!(told(&file(&[&instance, &far_down, b"b."])).contains(&"PKL144"));
    let near = stream(&[b"}(", &stream(&[&text("a"), b"N"]).repeat(40_000), &entry, b"u"]);
    assert!(told(&file(&[&instance, &near, b"b."])).contains(&"PKL143"));
    let ordinary = stream(&[&global("collections", "OrderedDict"), b")R", &text("w"), b"K\x01s"]);
    assert_eq!(told(&file(&[&instance, &ordinary, b"b."])), ["PKL123"]);
}

#[test]
fn sidecars_lie_in_the_folder_of_the_pickle() {
    let read = |file: &[u8]| {
        let class = global("joblib.numpy_pickle", "NDArrayWrapper");
        let state = stream(&[b"}(", &text("subclass"), &global("numpy", "ndarray"), &text("filename"), file, b"u"]);
        told(&super::joblib::file(&[&class, b")\x81", &state, b"b."]))
    };
    assert_eq!(read(&text("model.pkl_01.npy")), ["PKL181"]);
    for outside in ["../secret.pkl", "/tmp/x.npy", "C:x.npy", "a\\b.npy", ".."] {
        assert_eq!(read(&text(outside)), ["PKL182"], "{outside}");
    }
    let computed = stream(&[&global("builtins", "str"), &text("x"), b"\x85R"]);
    assert_eq!(read(&computed), ["PKL183"]);
}

#[test]
fn a_class_that_may_be_named_is_dangerous_when_it_is_called() {
    let mapped = global("numpy", "memmap");
    assert_eq!(told(&file(&[&mapped, b"."])), [""; 0]);
    let data = file(&[&mapped, &text("/etc/passwd"), b"\x85R."]);
    assert_eq!(told(&data), ["PKL105", "PKL131"]);
    assert_eq!(call(&data, "PKL105").as_deref(), Some("numpy.memmap('/etc/passwd')"));
}

#[test]
fn the_template_of_a_distribution_is_scipys_own() {
    let honest = "\ndef _parse_args(self,  loc=0, scale=1):\n    return (), loc, scale\n\ndef _parse_args_rvs(self,  loc=0, scale=1, \
                  size=None):\n    return self._argcheck_rvs( loc, scale, size=size)\n\ndef _parse_args_stats(self,  loc=0, \
                  scale=1, moments='mv'):\n    return (), loc, scale, moments\n";
    let state = |template: &str| {
        let length = u32::try_from(template.len()).unwrap_or(0).to_le_bytes();
        let template = stream(&[b"X", &length, template.as_bytes()]);
        let class = global("scipy.stats._continuous_distns", "norm_gen");
        let entries = stream(&[&text("name"), &text("norm"), &text("_parse_arg_template"), &template]);
        file(&[&class, b")\x81}(", &entries, b"ub."])
    };
    assert_eq!(told(&state(honest)), [""; 0]);
    assert_eq!(told(&state("import os")), ["PKL133"]);
    assert_eq!(told(&state(&format!("{honest}import os\n"))), ["PKL133"]);
}

#[test]
fn the_formula_of_a_result_is_plain() {
    let state = |formula: &str| {
        let class = global("statsmodels.base.data", "PandasData");
        file(&[&class, b")\x81}(", &text("formula"), &text(formula), &text("restore_design_info"), b"\x88ub."])
    };
    assert_eq!(told(&state("y ~ x1 + x2")), [""; 0]);
    assert_eq!(told(&state("y ~ print('x')")), ["PKL146"]);
}
