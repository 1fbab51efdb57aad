//! Published and likely ways around scanners, each as the smallest stream that shows it.

use super::*;

#[test]
fn frames_that_do_not_fit_are_critical_and_do_not_hide_anything() {
    let crossing = stream(&[b"\x80\x04\x95\x09\0\0\0\0\0\0\0", PAYLOAD, b"."]);
    assert!(rules(&crossing).iter().any(|(rule, _)| *rule == "PKL161"));
    assert!(finds_payload(&crossing));
    let nested = b"\x80\x04\x95\x20\0\0\0\0\0\0\0N0\x95\x02\0\0\0\0\0\0\0N0N.";
    assert!(rules(nested).iter().any(|(rule, _)| *rule == "PKL161"));
    let early_stop = b"\x80\x04\x95\x20\0\0\0\0\0\0\0N.";
    assert!(rules(early_stop).iter().any(|(rule, _)| *rule == "PKL161"));
}

#[test]
fn a_payload_that_crosses_its_frame_is_reported() {
    let mut data = b"\x80\x04\x95\x05\0\0\0\0\0\0\0B".to_vec();
    data.extend_from_slice(&300_000_u32.to_le_bytes());
    data.resize(data.len() + 300_000, 7);
    data.push(b'.');
    assert!(rules(&data).iter().any(|(rule, _)| *rule == "PKL161"));
}

#[test]
fn what_runs_before_a_break_is_kept() {
    for tail in [b"".as_slice(), b"\xff", b"R", b"h\x63", b"}K\x01"] {
        let data = stream(&[PAYLOAD, tail]);
        assert!(finds_payload(&data), "{tail:?}");
        assert!(!scanned(&data).complete, "{tail:?}");
    }
}

#[test]
fn a_dropped_result_is_still_a_call() {
    assert!(finds_payload(&stream(&[b"(", PAYLOAD, b"1N."])));
    assert!(finds_payload(&stream(&[PAYLOAD, b"0N."])));
}

#[test]
fn a_lazy_iterator_in_a_container_constructor_is_an_unexpected_argument() {
    let map = stream(&[&global("builtins", "map"), b"(", &global("posix", "system"), b"]tR"]);
    let data = stream(&[b"\x80\x04", &global("builtins", "list"), b"(", &map, b"tR."]);
    assert!(finds_payload(&data));
}

#[test]
fn getattr_on_an_import_is_resolved() {
    let import = stream(&[&global("builtins", "__import__"), &text("os"), b"\x85R"]);
    let data = stream(&[
        b"\x80\x04",
        &global("builtins", "getattr"),
        &import,
        &text("system"),
        b"\x86R",
        &text("id"),
        b"\x85R.",
    ]);
    assert!(callables(&data).iter().any(|path| path == "os.system"), "{:?}", callables(&data));
}

#[test]
fn bytes_that_a_loader_reads_are_handed_on() {
    let inner = stream(&[PAYLOAD, b"."]);
    let constant = [b"B".as_slice(), &u32::try_from(inner.len()).unwrap_or(0).to_le_bytes(), &inner].concat();
    for loader in [
        ("pickle", "loads"),
        ("dill", "loads"),
        ("_pickle", "loads"),
        ("torch.storage", "_load_from_bytes"),
        ("_io", "BytesIO"),
    ] {
        let data = stream(&[b"\x80\x04", &global(loader.0, loader.1), &constant, b"\x85R."]);
        let nested = scanned(&data).nested;
        let content = nested.first().and_then(|nested| nested.source.read(0, 1000).ok());
        assert_eq!(content.as_deref(), Some(inner.as_slice()), "{loader:?}");
    }
}

#[test]
fn encoded_bytes_that_a_loader_reads_are_decoded_first() {
    // base64 of PAYLOAD and STOP.
    let encoded = text("Y3Bvc2l4CnN5c3RlbQooWAoAAABlY2hvIHB3bmVkdFIu");
    let decode = stream(&[&global("base64", "b64decode"), &encoded, b"\x85R"]);
    let data = stream(&[b"\x80\x04", &global("pickle", "loads"), &decode, b"\x85R."]);
    let content = scanned(&data).nested.first().and_then(|nested| nested.source.read(0, 1000).ok());
    assert_eq!(content, Some(stream(&[PAYLOAD, b"."])));
    // How protocols 0 to 2 write bytes: text, encoded as Latin-1.
    let latin = stream(&[b"c_codecs\nencode\n(Vcposix\\u000asystem\\u000a)R.\nVlatin1\ntR"]);
    let data = stream(&[b"cpickle\nloads\n(", &latin, b"tR."]);
    let content = scanned(&data).nested.first().and_then(|nested| nested.source.read(0, 1000).ok());
    assert_eq!(content.as_deref(), Some(b"cposix\nsystem\n)R.".as_slice()));
}

#[test]
fn names_stored_deep_in_a_long_memo_are_found_in_a_second_pass() {
    // 70,000 entries before and after push the two names out of the precise parts of the memo.
    let filler = b"K\x01\x940".repeat(70_000);
    let get = |index: u32| [b"j".as_slice(), &index.to_le_bytes()].concat();
    let data = stream(&[
        b"\x80\x04",
        &filler,
        &text("posix"),
        b"\x940",
        &text("system"),
        b"\x940",
        &filler,
        &get(70_000),
        &get(70_001),
        b"\x93)R.",
    ]);
    let scan = scanned(&data);
    assert!(finds_payload(&data), "{:?}", scan.findings);
    assert!(!rules(&data).iter().any(|(rule, _)| *rule == "PKL132"));
}

#[test]
fn calls_rebuilt_inside_each_other_do_not_exhaust_the_stack() {
    let rebuild = global("torch._tensor", "_rebuild_from_type_v2");
    let class = global("torch", "Tensor");
    let mut data = stream(&[b"\x80\x04", &rebuild, b"q\x000", &class, b"q\x010)"]);
    for _ in 0..20_000 {
        // (rebuild, Tensor, previous arguments), which is the argument tuple of the next.
        data.extend_from_slice(b"q\x020h\x00h\x01h\x02\x87");
    }
    data.extend_from_slice(b"q\x020h\x00h\x02R.");
    assert!(rules(&data).iter().any(|(rule, _)| *rule == "PKL133"));
}

#[test]
fn a_name_in_a_protocol_0_stream_of_any_length_is_found() {
    let long = [b"V".as_slice(), &b"x".repeat(3 << 20), b"\n0"].concat();
    assert!(finds_payload(&stream(&[&long, PAYLOAD, b"."])));
}

#[test]
fn declared_lengths_allocate_nothing() {
    for head in [b"\x80\x04\x8e".as_slice(), b"\x80\x04\x8d", b"\x80\x05\x96"] {
        let data = stream(&[head, &u64::MAX.to_le_bytes(), b"abc"]);
        assert_eq!(rules(&data).first().map(|(rule, _)| *rule), Some("PKL202"));
    }
    assert_eq!(rules(b"\x80\x02\x8b\xff\xff\xff\x7fabc")[0].0, "PKL202");
}

#[test]
fn endless_names_are_no_honest_ones_and_no_crash() {
    let name = b"a.".repeat(600_000);
    let found = rules(&stream(&[b"\x80\x02c", &name, b"\nx\n."]));
    assert_eq!(found.first().map(|(rule, _)| *rule), Some("PKL122"));
    // Shorter ones do not end the analysis: a chain of __class__ leads a loader anywhere.
    let chain = ["object", &".__class__".repeat(600)].concat();
    let data = stream(&[b"\x80\x04cbuiltins\n", chain.as_bytes(), b"\n0", PAYLOAD, b"."]);
    assert!(rules(&data).iter().any(|(rule, _)| *rule == "PKL122"));
    assert!(finds_payload(&data));
}

#[test]
fn contracts_are_kept_by_honest_arguments_only() {
    let partial = |function: &[u8]| stream(&[b"\x80\x04", &global("functools", "partial"), function, b"\x85R."]);
    assert!(finds_payload(&partial(&global("posix", "system"))));
    let default = |factory: &[u8]| stream(&[b"\x80\x04", &global("collections", "defaultdict"), factory, b"\x85R."]);
    assert_eq!(rules(&default(&global("builtins", "list"))), []);
    let generic = stream(&[b"\x80\x04", &global("_operator", "getitem"), &global("typing", "List"), b"N\x86R."]);
    assert_eq!(rules(&generic), []);
    let modules = stream(&[b"\x80\x04", &global("_operator", "getitem"), &global("sys", "modules"), b"N\x86R."]);
    assert!(rules(&modules).iter().any(|(rule, _)| *rule == "PKL133"));
    assert_eq!(rules(&stream(&[b"\x80\x04", &global("builtins", "type"), b"N\x85R."])), []);
    let makes_class = stream(&[b"\x80\x04", &global("builtins", "type"), &text("C"), b")}\x87R."]);
    assert_eq!(rules(&makes_class).first().map(|(rule, _)| *rule), Some("PKL133"));
    let foreign_base = stream(&[
        b"\x80\x04",
        &global("copyreg", "_reconstructor"),
        &global("decimal", "Decimal"),
        &global("os", "system"),
        b"N\x87R.",
    ]);
    assert!(rules(&foreign_base).iter().any(|(rule, _)| *rule == "PKL133"));
    let rot13 = stream(&[b"\x80\x04", &global("_codecs", "encode"), &text("bf"), &text("rot13"), b"\x86R."]);
    assert_eq!(rules(&rot13).first().map(|(rule, _)| *rule), Some("PKL133"));
    let dunder = stream(&[
        b"\x80\x04",
        &global("builtins", "getattr"),
        &global("collections", "OrderedDict"),
        &text("__class__"),
        b"\x86R.",
    ]);
    assert_eq!(rules(&dunder).first().map(|(rule, _)| *rule), Some("PKL133"));
}

#[test]
fn constructors_that_resolve_or_call_their_arguments_take_numpys_own_only() {
    let ufunc = |module: &str, name: &str| {
        let callee = global("numpy._core", "_ufunc_reconstruct");
        stream(&[b"\x80\x04", &callee, &text(module), &text(name), b"\x86R."])
    };
    assert_eq!(rules(&ufunc("numpy", "add")), []);
    assert!(finds_payload(&ufunc("posix", "system")));
    let random = |arguments: &[u8]| {
        let callee = global("numpy.random._pickle", "__randomstate_ctor");
        stream(&[b"\x80\x04", &callee, b"(", arguments, b"tR."])
    };
    let constructor = global("numpy.random._pickle", "__bit_generator_ctor");
    assert_eq!(rules(&random(&[text("MT19937"), constructor].concat())), []);
    for called in [global("torch.storage", "_load_from_bytes"), global("functools", "partial")] {
        let found = rules(&random(&[text("x"), called].concat()));
        assert!(found.iter().any(|(rule, _)| *rule == "PKL133"), "{found:?}");
    }
}

#[test]
fn a_method_in_a_partial_is_told_and_its_call_is_critical() {
    let method =
        stream(&[&global("builtins", "getattr"), &global("pathlib", "PosixPath"), b")R", &text("touch"), b"\x86R"]);
    let partial = stream(&[&global("functools", "partial"), &method, b"\x85R"]);
    assert_eq!(rules(&stream(&[b"\x80\x04", &partial, b"."])).first().map(|(rule, _)| *rule), Some("PKL145"));
    assert!(rules(&stream(&[b"\x80\x04", &partial, b")R."])).iter().any(|(rule, _)| *rule == "PKL132"));
    let nested = stream(&[&global("functools", "partial"), &global("numpy", "mean"), b"\x85R"]);
    let nested = stream(&[b"\x80\x04", &global("functools", "partial"), &nested, b"\x85R."]);
    assert_eq!(rules(&nested), []);
}

#[test]
fn update_wrapper_copies_no_chosen_attributes() {
    let functions = [global("numpy", "mean"), global("numpy", "std")].concat();
    let wrapper = global("functools", "update_wrapper");
    assert_eq!(rules(&stream(&[b"\x80\x04", &wrapper, &functions, b"\x86R."])), []);
    let chosen = stream(&[b"\x80\x04", &wrapper, &functions, &text("__code__"), b"\x85\x87R."]);
    assert!(rules(&chosen).iter().any(|(rule, _)| *rule == "PKL133"));
}

#[test]
fn containers_of_billions_of_items_are_reported() {
    let huge = b"\x8a\x06\0\0\0\0\0\x01";
    let bytes = |size: &[u8]| stream(&[b"\x80\x04", &global("builtins", "bytearray"), size, b"\x85R."]);
    assert_eq!(rules(&bytes(huge)).first().map(|(rule, _)| *rule), Some("PKL135"));
    assert_eq!(rules(&bytes(b"K\x05")), []);
    let range = stream(&[&global("builtins", "range"), huge, b"\x85R"]);
    assert_eq!(rules(&stream(&[b"\x80\x04", &range, b"."])), [], "a range holds nothing");
    let count = stream(&[&global("itertools", "count"), b")R"]);
    let endless = stream(&[b"\x80\x04", &global("builtins", "list"), &count, b"\x85R."]);
    assert_eq!(rules(&endless).first().map(|(rule, _)| *rule), Some("PKL135"));
    let list = stream(&[b"\x80\x04", &global("builtins", "list"), &range, b"\x85R."]);
    assert_eq!(rules(&list).first().map(|(rule, _)| *rule), Some("PKL135"));
}

#[test]
fn tensors_beyond_their_storage_and_states_of_tensors_are_reported() {
    let storage = |numel: u8| {
        let class = global("torch", "FloatStorage");
        stream(&[b"(", &text("storage"), &class, &text("0"), &text("cpu"), &[b'K', numel], b"tQ"])
    };
    let tensor = |numel: u8| {
        let rebuild = global("torch._utils", "_rebuild_tensor_v2");
        let hooks = stream(&[&global("collections", "OrderedDict"), b")R"]);
        stream(&[&rebuild, b"(", &storage(numel), b"K\0K\x02K\x03\x86K\x03K\x01\x86\x89", &hooks, b"tR"])
    };
    assert_eq!(rules(&stream(&[b"\x80\x04", &tensor(6), b"."])), []);
    let beyond = rules(&stream(&[b"\x80\x04", &tensor(5), b"."]));
    assert_eq!(beyond.first().map(|(rule, _)| *rule), Some("PKL171"));
    let built = rules(&stream(&[b"\x80\x04", &tensor(6), b"}b."]));
    assert_eq!(built.first().map(|(rule, _)| *rule), Some("PKL142"));
}

#[test]
fn classes_that_may_only_be_constructed_are_not_called() {
    // Every table entry with the right `new` and without `call`.
    let entry = crate::rules::callables::SAFE.iter().flat_map(|(_, text)| text.lines()).find_map(|line| {
        let (key, rights) = line.split_once('\t')?;
        rights.starts_with("refer new").then(|| key.split_once(':')).flatten()
    });
    let (module, name) = entry.unwrap_or_else(|| unreachable!());
    let callable = global(module, name);
    assert_eq!(rules(&stream(&[b"\x80\x04", &callable, b")\x81}b."])), []);
    assert_eq!(rules(&stream(&[b"\x80\x04", &callable, b")R."])).first().map(|(rule, _)| *rule), Some("PKL134"));
}

#[test]
fn arrays_of_objects_are_not_filled_with_raw_bytes() {
    let dtype = |code: &str| stream(&[&global("numpy", "dtype"), &text(code), b"\x89\x88\x87R"]);
    let structured = |flags: u8, through_memo: bool| {
        let field = stream(&[b"}", b"\x94", &text("a"), &dtype("O8"), b"K\0\x86s"]);
        let field = if through_memo { stream(&[&field, b"0h\0"]) } else { field };
        let names = stream(&[&text("a"), b"\x85"]);
        stream(&[&dtype("V8"), b"(K\x03", &text("|"), b"N", &names, &field, b"K\x08K\x01", &[b'K', flags], b"tb"])
    };
    let array = |dtype: &[u8], data: &[u8]| {
        let empty = stream(&[
            &global("numpy._core.multiarray", "_reconstruct"),
            &global("numpy", "ndarray"),
            b"K\0\x85C\x01b\x87R",
        ]);
        stream(&[b"\x80\x04", &empty, b"(K\x01K\x01\x85", dtype, b"\x89", data, b"tb."])
    };
    let bytes: &[u8] = b"C\x08AAAAAAAA";
    assert_eq!(rules(&array(&dtype("O8"), b"]Na")), []);
    assert_eq!(rules(&array(&structured(63, false), b"]Na")), []);
    assert_eq!(rules(&array(&dtype("f8"), bytes)), []);
    for forged in [
        array(&dtype("O8"), bytes),
        array(&structured(63, false), bytes),
        array(&structured(0, false), b"]Na"),
        array(&structured(0, true), bytes),
    ] {
        assert_eq!(rules(&forged).first().map(|(rule, _)| *rule), Some("PKL172"));
    }
}

#[test]
fn keys_that_take_forever_to_hash_are_reported() {
    let doubled = |times: usize| stream(&[b"N\x85", &b"2\x86".repeat(times)]);
    let as_key = |times: usize| stream(&[b"\x80\x04}", &doubled(times), b"Ns."]);
    assert_eq!(rules(&as_key(20)), []);
    assert_eq!(rules(&as_key(50)).first().map(|(rule, _)| *rule), Some("PKL136"));
    for data in [
        stream(&[b"\x80\x04\x8f(", &doubled(50), b"\x90."]),
        stream(&[b"\x80\x04(", &doubled(50), b"\x91."]),
        stream(&[b"\x80\x04}", &doubled(10), &b"q\x01h\x01\x86".repeat(40), b"Ns."]),
    ] {
        assert_eq!(rules(&data).first().map(|(rule, _)| *rule), Some("PKL136"));
    }
    assert_eq!(rules(&stream(&[b"\x80\x04]", &doubled(50), b"a."])), [], "a list hashes nothing");
}

#[test]
fn types_by_name_are_judged_as_if_they_were_named() {
    let by_name = |module: &str, function: &str, name: &str| {
        stream(&[b"\x80\x04", &global(module, function), &text(name), b"\x85R."])
    };
    for (module, function) in [("dill._dill", "_load_type"), ("cloudpickle.cloudpickle", "_builtin_type")] {
        for name in ["int", "NoneType", "MethodType"] {
            assert_eq!(rules(&by_name(module, function, name)), [], "{name}");
        }
        assert!(callables(&by_name(module, function, "CodeType")).iter().any(|path| path == "types.CodeType"));
    }
    let method = |function: &[u8]| stream(&[b"\x80\x04", &global("types", "MethodType"), function, b"N\x86R."]);
    assert_eq!(rules(&method(&global("numpy", "mean"))), []);
    assert!(finds_payload(&method(&global("posix", "system"))));
    let array = |function: &[u8]| {
        stream(&[b"\x80\x04", &global("dill._dill", "_create_array"), function, &text("id"), b"\x85)\x87R."])
    };
    assert!(finds_payload(&array(&global("posix", "system"))));
}

#[test]
fn a_storage_has_one_type_and_size() {
    let storage = |class: &str, numel: u8| {
        stream(&[b"(", &text("storage"), &global("torch", class), &text("0"), &text("cpu"), &[b'K', numel], b"tQ"])
    };
    let two = |first: &[u8], second: &[u8]| stream(&[b"\x80\x04", first, second, b"\x86."]);
    assert_eq!(rules(&two(&storage("FloatStorage", 4), &storage("FloatStorage", 4))), []);
    assert_eq!(rules(&two(&storage("FloatStorage", 0), &storage("LongStorage", 0))), [], "nothing has any type");
    assert_eq!(rules(&two(&storage("FloatStorage", 4), &storage("HalfStorage", 8))), [], "as large");
    for other in [storage("LongStorage", 4), storage("FloatStorage", 9)] {
        let found = rules(&two(&storage("FloatStorage", 4), &other));
        assert_eq!(found.first().map(|(rule, _)| *rule), Some("PKL174"));
    }
}
