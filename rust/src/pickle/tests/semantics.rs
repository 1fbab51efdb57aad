//! Each opcode does what the loaders do.

use super::*;

#[test]
fn the_documented_example_is_reported_at_its_places() {
    let body = stream(&[&text("posix"), b"\x94", &text("system"), b"\x94\x93\x94", &text("x"), b"\x94\x85\x94R\x94."]);
    let data = stream(&[b"\x80\x04\x95", &(body.len() as u64).to_le_bytes(), &body]);
    assert_eq!(rules(&data), [("PKL101", 28), ("PKL131", 36)]);
    assert_eq!(call(&data, "PKL101").as_deref(), Some("posix.system('x')"));
    assert!(scanned(&data).complete);
}

#[test]
fn every_call_opcode_calls() {
    let command = b"X\x04\0\0\0echo";
    for (name, data) in [
        ("REDUCE", stream(&[b"cposix\nsystem\n(", command, b"tR."])),
        ("INST", stream(&[b"(", command, b"iposix\nsystem\n."])),
        ("OBJ", stream(&[b"(cposix\nsystem\n", command, b"o."])),
        ("NEWOBJ", stream(&[b"\x80\x02cposix\nsystem\n(", command, b"t\x81."])),
        ("NEWOBJ_EX", stream(&[b"\x80\x04cposix\nsystem\n(", command, b"t}\x92."])),
    ] {
        let found = rules(&data);
        assert!(found.iter().any(|(rule, _)| *rule == "PKL101"), "{name}: {found:?}");
        assert!(found.iter().any(|(rule, _)| *rule == "PKL131"), "{name}: {found:?}");
        let called = if name.starts_with("NEW") { "posix.system.__new__('echo')" } else { "posix.system('echo')" };
        assert_eq!(call(&data, "PKL101").as_deref(), Some(called), "{name}");
    }
}

#[test]
fn calls_inside_calls_are_written_inside_each_other() {
    let compile = stream(&[b"cbuiltins\ncompile\n(", &text("1+1"), &text("x"), &text("eval"), b"tR"]);
    let data = stream(&[b"\x80\x04cbuiltins\neval\n(", &compile, b"tR."]);
    let found = scanned(&data)
        .findings
        .into_iter()
        .filter_map(|finding| finding.details.into_iter().find(|(name, _)| *name == "call").map(|(_, fact)| fact));
    let calls: Vec<Fact> = found.collect();
    assert!(calls.contains(&Fact::Text("builtins.eval(builtins.compile('1+1', 'x', 'eval'))".to_owned())), "{calls:?}");
}

#[test]
fn constant_arguments_are_written_out() {
    let argument_list = stream(&[b"](", &text("sh"), &text("-c"), &text("id"), b"e"]);
    let options = stream(&[b"}(", &text("shell"), b"\x88", &text("wait"), b"G\x3f\xf8\0\0\0\0\0\0", b"u"]);
    let data = stream(&[b"\x80\x04", &global("subprocess", "run"), &argument_list, &options, b"\x86R."]);
    let written = "subprocess.run(['sh', '-c', 'id'], {'shell': True, 'wait': 1.5})";
    assert_eq!(call(&data, "PKL101").as_deref(), Some(written));
    // Protocol 0 fills a list item by item; what goes beyond a few is cut.
    let one_by_one = stream(&[b"csubprocess\nrun\n((lp0\n", &b"S'x'\na".repeat(20), b"F-0.5\nI01\ntR."]);
    let written = format!("subprocess.run([{}…], -0.5, True)", "'x', ".repeat(8));
    assert_eq!(call(&one_by_one, "PKL101").as_deref(), Some(written.as_str()));
}

#[test]
fn plain_data_of_every_protocol_is_silent() {
    for data in [
        b"(lp0\nI1\naF1.5\naVtext\np1\naS'str'\np2\naL123456789012345678901234567890L\naNa(dp3\nVk\nI01\nsa."
            .as_slice(),
        b"]q\x00(K\x01G?\xf8\0\0\0\0\0\0X\x04\0\0\0textq\x01U\x03str}q\x02X\x01\0\0\0kI01\nse.",
        b"\x80\x02]q\x00(K\x01\x88\x89N\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00(K\x01K\x02K\x03tq\x01e.",
        b"\x80\x03C\x03abcq\x00.",
        b"\x80\x04\x95\x0b\0\0\0\0\0\0\0\x8f\x94(K\x01K\x02K\x03\x90.",
        b"\x80\x05\x96\x03\0\0\0\0\0\0\0abc\x94.",
    ] {
        let scan = scanned(data);
        assert_eq!((scan.findings, scan.complete, scan.streams), (vec![], true, 1), "{data:?}");
    }
}

#[test]
fn memoize_stores_at_the_number_of_entries() {
    let data = stream(&[
        b"\x80\x04",
        &text("a"),
        b"q\x070",
        &text("posix"),
        b"\x94",
        &text("system"),
        b"\x9400h\x01h\x02\x93)R.",
    ]);
    assert!(finds_payload(&data));
}

#[test]
fn put_overwrites_and_get_reads_the_last() {
    let data = stream(&[
        b"\x80\x04",
        &text("collections"),
        b"q\x000",
        &text("posix"),
        b"q\x000h\x00",
        &text("system"),
        b"\x93)R.",
    ]);
    assert!(finds_payload(&data));
}

#[test]
fn text_get_and_put_accept_what_int_accepts() {
    assert!(finds_payload(b"Vposix\np 5 \n0Vsystem\np0x6\n0g5\ng 6\n\x93)R."));
}

#[test]
fn pop_removes_a_mark_from_an_empty_frame() {
    assert!(finds_payload(b"cposix\nsystem\n(0)R."));
}

#[test]
fn operands_are_taken_from_the_stack_not_from_the_text() {
    let data = stream(&[b"\x80\x04", &text("posix"), &text("x"), b"200", &text("system"), b"\x93)R."]);
    assert!(finds_payload(&data));
}

#[test]
fn names_are_read_with_escapes_and_quotes() {
    assert!(finds_payload(b"V\\u0070osix\nVsyste\\u006d\n\x93)R."));
    assert!(finds_payload(b"S'po\\x73ix'\nS\"s\\171stem\"\n\x93)R."));
    assert!(finds_payload(b"U\x05posixU\x06system\x93)R."));
}

#[test]
fn python2_names_are_mapped() {
    assert_eq!(rules(b"c__builtin__\neval\n(S'1'\ntR.")[0].0, "PKL101");
    assert_eq!(rules(b"ccommands\ngetoutput\n(S'1'\ntR.")[0].0, "PKL101");
}

#[test]
fn numbers_of_every_loader_are_accepted_before_a_payload() {
    for prefix in [b"I0x10\n0".as_slice(), b"I1_0\n0", b"L0b1L\n0", b"I 7 \n0", b"Fnan\n0", b"I01\n0", b"L0\n0"] {
        assert!(finds_payload(&stream(&[prefix, PAYLOAD, b"."])), "{prefix:?}");
    }
}

#[test]
fn a_reduce_without_tuple_or_callable_ends_the_stream() {
    for (data, reason) in [
        (b"\x80\x02K\x01)R.".as_slice(), "a call of something that cannot be called"),
        (b"\x80\x02R.", "an opcode needs more operands than the stack has"),
        (b"\x80\x04K\x01K\x02\x93.", "STACK_GLOBAL with an operand that is no string"),
        (b"\x80\x02h\x07.", "a memo entry is read that was never stored"),
        (b"\x80\x02}(K\x01u.", "SETITEMS with a key that has no value"),
        (b"\x80\x09N.", "a protocol that no loader knows"),
        (b"\x80\x02\xff.", "a byte that is no opcode"),
        (b"\x80\x02\x8b\xff\xff\xff\xff.", "a LONG4 of negative length"),
    ] {
        let finding = scanned(data).findings.into_iter().find(|finding| finding.rule == "PKL201");
        let facts = finding.map(|finding| finding.facts);
        assert_eq!(facts, Some(vec![("reason", Fact::Text(reason.to_owned()))]), "{data:?}");
    }
}

#[test]
fn extension_codes_and_strange_persistent_ids_are_reported() {
    assert_eq!(rules(b"\x80\x02\x82\x05."), [("PKL151", 2)]);
    assert_eq!(rules(b"\x80\x02\x84\x05\0\0\0."), [("PKL151", 2)]);
    assert_eq!(rules(b"\x80\x02X\x02\0\0\0idQ."), [("PKL152", 9)]);
    assert_eq!(rules(b"Pid\n."), [("PKL152", 0)]);
}

#[test]
fn a_call_of_a_result_is_a_computed_callable() {
    let data = stream(&[b"\x80\x04", &global("mylib", "make"), b")R)R."]);
    assert!(rules(&data).iter().any(|(rule, _)| *rule == "PKL132"));
    let operand = stream(&[b"\x80\x04", &global("mylib", "name"), b")R", &text("system"), b"\x93."]);
    assert!(rules(&operand).iter().any(|(rule, _)| *rule == "PKL132"));
}

#[test]
fn unknown_callables_are_told_once_with_how_they_are_used() {
    let data = stream(&[
        b"\x80\x04",
        &global("mylib", "Net"),
        b"\x94)\x81}bh\x00)\x81}b\x86",
        &global("mylib", "helper"),
        b"\x86.",
    ]);
    let found: Vec<_> = scanned(&data).findings;
    let told: Vec<_> = found.iter().map(|finding| finding.rule).collect();
    assert_eq!(told, ["PKL123", "PKL124"]);
    assert_eq!(rules(&stream(&[b"\x80\x04", &global("mylib", "make"), b"N\x85R."])), [("PKL121", 15)]);
}

#[test]
fn writes_to_live_objects_are_reported() {
    let module = stream(&[b"\x80\x04", &global("mylib", "registry"), &text("k"), b"K\x01s."]);
    assert!(rules(&module).iter().any(|(rule, _)| *rule == "PKL141"), "SETITEM on a global");
    let class = b"\x80\x02ccollections\nOrderedDict\nN}X\x08\0\0\0__repr__K\x01s\x86b.";
    assert!(rules(class).iter().any(|(rule, _)| *rule == "PKL141"), "BUILD on a class");
    let method = stream(&[b"\x80\x04", &global("mylib", "Thing"), b")RK\x01a."]);
    assert!(rules(&method).iter().any(|(rule, _)| *rule == "PKL142"), "APPEND on an instance");
}

#[test]
fn special_attributes_in_a_state_are_reported_even_through_the_memo() {
    let thing = global("mylib", "Thing");
    let direct = stream(&[b"\x80\x04", &thing, b")\x81}", &text("__setstate__"), b"Nsb."]);
    assert!(rules(&direct).iter().any(|(rule, _)| *rule == "PKL143"));
    let through_memo = stream(&[b"\x80\x04}\x94", &text("__setstate__"), b"Ns0", &thing, b")\x81h\x00b."]);
    assert!(rules(&through_memo).iter().any(|(rule, _)| *rule == "PKL143"));
    let escaped = stream(&[b"\x80\x04", &thing, b")\x81}V\\u005f_class__\nNsb."]);
    assert!(rules(&escaped).iter().any(|(rule, _)| *rule == "PKL143"));
    let ordinary = stream(&[b"\x80\x04", &thing, b")\x81}", &text("__version__"), b"Nsb."]);
    assert!(!rules(&ordinary).iter().any(|(rule, _)| *rule == "PKL143"));
}

#[test]
fn a_last_line_without_its_end_is_acted_upon() {
    for data in [b"(S'id'\niposix\nsystemX".as_slice(), b"cposix\nsystemX"] {
        assert!(finds_payload(data), "{:?}", scanned(data).findings);
        assert!(rules(data).iter().any(|(rule, _)| *rule == "PKL202"));
    }
    assert_eq!(callables(b"\x80\x04cantigravityX"), ["antigravity."], "imported, before the attribute fails");
    for data in [b"c".as_slice(), b"cmylibX", b"cmylib\n", b"cmylib\ns"] {
        assert_eq!(callables(data), [""; 0]);
    }
}
