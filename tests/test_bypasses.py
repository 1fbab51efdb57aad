"""Published ways around scanners that turn on how a stream is read: the payload is named all the same."""

from __future__ import annotations

import pickletools
import struct
import time
import zlib

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD, call, data, named, stream, text

CALLED = "posix.system"


def issues(content: bytes, name: str = "model.pkl") -> list[tuple[str, str, str]]:
    """Return rule, severity and callable (or message) of all issues."""
    found = []
    for issue in modelaudit.scan_bytes(content, name).issues:
        module, function = issue.details.get("module"), issue.details.get("function")
        found.append((issue.rule, issue.severity, f"{module}.{function}" if function else issue.message))
    return found


def critical(content: bytes, name: str = "model.pkl") -> set[str]:
    return {what for _, severity, what in issues(content, name) if severity == "critical"}


def rules(content: bytes) -> set[str]:
    return {rule for rule, _, _ in issues(content)}


# The decoder


def test_cpython_154848_an_opcode_crosses_its_frame() -> None:
    body = text("x" * 20) + b"0" + PAYLOAD + b"."
    assert critical(b"\x80\x04\x95" + struct.pack("<Q", 5) + body) >= {CALLED}
    assert "PKL161" in rules(b"\x80\x04\x95" + struct.pack("<Q", 5) + body)
    # The hidden half: what lies in the frame behind the crossing opcode is read, too.
    crossing = b"B" + struct.pack("<I", 40) + PAYLOAD + b"." * 60
    assert "PKL161" in rules(b"\x80\x04\x95" + struct.pack("<Q", 20) + crossing)


def test_hexadecimal_int_before_and_after_a_payload() -> None:
    assert CALLED in critical(b"I0x10\n0" + PAYLOAD + b".")
    assert CALLED in critical(PAYLOAD + b"0I0x10\n.")
    assert CALLED in critical(b"\x80\x02I1_0\n0" + PAYLOAD + b".")


def test_fickling_322_every_opcode_is_known() -> None:
    for opcode in pickletools.opcodes:
        reasons = [what for _, _, what in issues(b"\x80\x05" + opcode.code.encode("latin-1") + bytes(20) + b"\n.\n.")]
        assert not any("no opcode" in reason and "(pos 2)" in reason for reason in reasons), opcode.name


def test_names_written_with_escapes() -> None:
    assert CALLED in critical(b"V\\u0070osix\nVsyste\\u006d\n\x93)R.")
    assert CALLED in critical(b"S'po\\x73ix'\nS\"s\\171stem\"\n\x93)R.")


# The memo and the stack


def test_cve_2025_71325_ghsa_9gvj_operands_in_other_string_opcodes() -> None:
    assert "os.system" in critical(b"S'os'\nS'system'\n\x93S'ls'\n\x85R.")
    decoy = stream(text("posix"), text("collections"), b"0", text("system"), text("OrderedDict"), b"0\x93)R")
    assert CALLED in critical(decoy)


def test_picklescan_22_memo_slots_filled_out_of_order() -> None:
    data = b"Vos\np2\n0Vsystem\np3\n0Vtorch\np0\n0VLongStorage\np1\n0g2\ng3\n\x93(Vcat flag\ntR."
    assert "os.system" in critical(data)
    assert "os.system" in critical(data[:-1] + b".\n\n\t\t")


def test_picklescan_14_memoize_counts_the_memo_and_not_its_own_calls() -> None:
    # PUT 5, then MEMOIZE: the index of the latter is 1, the size of the memo.
    mixed = stream(text("posix"), b"q\x050", text("system"), b"\x940h\x05h\x01\x93)R")
    assert CALLED in critical(mixed)


def test_a_memo_slot_is_stored_again_behind_a_decoy() -> None:
    assert CALLED in critical(
        stream(text("collections"), b"q\x000", text("posix"), b"q\x000h\x00", text("system"), b"\x93)R")
    )


def test_picklescan_keyerror_and_type_confusion_break_after_the_payload() -> None:
    for tail in (text("os") + b"\x94h\x03h\x00\x93KB", b"J\x2a\0\0\0\x94" + text("os") + b"\x94h\x00h\x01\x93KB"):
        assert "os.system" in critical(b"\x80\x04cos\nsystem\nVecho pwned\n\x85R0" + tail + b".")


def test_modelscan_memo_poison_of_numbers_and_bytes() -> None:
    for poison in (b"K\x01", b"C\x02os", b"\x96\x02\0\0\0\0\0\0\0os", b"N", b"]"):
        assert CALLED in critical(stream(PAYLOAD, b"0", poison, b"\x940h\x00", text("system"), b"\x93"))


def test_the_memo_does_not_live_on_in_the_next_stream() -> None:
    first = stream(text("collections"), b"\x94", text("OrderedDict"), b"\x94")
    second = stream(text("posix"), b"\x94", text("system"), b"\x94h\x00h\x01\x93)R")
    assert CALLED in critical(first + second)


def test_ghsa_mxhj_a_call_whose_result_is_dropped() -> None:
    for dropped in (
        b"(" + PAYLOAD + b"1N.",
        PAYLOAD + b"0N.",
        b"(S'id'\niposix\nsystem\n0N.",
        b"(cposix\nsystem\nS'id'\no0N.",
    ):
        assert CALLED in critical(b"\x80\x02" + dropped)


# Names


def test_ghsa_5j3x_a_dotted_name_leaves_its_module() -> None:
    for module, name in [
        ("pathlib", "os.system"),
        ("numpy", "f2py.os.getpid"),
        ("random", "_os.system"),
        ("collections", "abc.sys.modules"),
        ("numpy", "__builtins__"),
        ("builtins", "print.__class__.__base__.__subclasses__"),
    ]:
        assert f"{module}.{name}" in critical(stream(named(module, name)))


def test_ghsa_h4rm_builtins_count_as_imports() -> None:
    for name in (
        "eval",
        "exec",
        "compile",
        "open",
        "__import__",
        "getattr",
        "breakpoint",
        "globals",
        "setattr",
        "input",
    ):
        found = {what for _, _, what in issues(stream(call("builtins", name, text("x"))))}
        assert any(f"builtins.{name}" in what for what in found), name
    assert "__builtin__.execfile" in critical(b"c__builtin__\nexecfile\n(S'x'\ntR.")


def test_ghsa_cffv_one_finding_shadows_no_other() -> None:
    found = critical(stream(call("builtins", "eval", text("1")), b"0", call("pty", "spawn", text("sh")), b"0", PAYLOAD))
    assert found >= {"builtins.eval", "pty.spawn", CALLED}


def test_names_of_python_2_and_other_names_of_the_same_module() -> None:
    for module, name in [
        ("commands", "getoutput"),
        ("__builtin__", "eval"),
        ("nt", "system"),
        ("_io", "open"),
        ("cPickle", "loads"),
    ]:
        assert f"{module}.{name}" in critical(f"c{module}\n{name}\n(S'x'\ntR.".encode())


def test_a_name_with_storage_in_it_is_no_storage() -> None:
    assert issues(stream(named("evil", "RemoteStorage"))) != []


# Streams


def test_picklescan_pytorch_magic_number_made_by_a_call() -> None:
    computed = b"\x80\x02c__builtin__\nint\n(V119547037146038801333356\ntR."
    rest = b"\x80\x02M\xe9\x03." + b"\x80\x02}." + EVIL + b"\x80\x02]."
    assert CALLED in critical(computed + rest, "model.pt")


@pytest.mark.parametrize("place", range(5))
def test_modelscan_a_payload_in_any_pickle_of_a_legacy_torch_file(place: int) -> None:
    parts = [
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.",
        b"\x80\x02M\xe9\x03.",
        b"\x80\x02}.",
        b"\x80\x02}.",
        b"\x80\x02].",
    ]
    parts[place] = EVIL
    assert CALLED in critical(b"".join(parts), "model.pt")
    parts[place] = parts[place][:-1] + b"0N."
    assert CALLED in critical(b"".join(parts), "model.pt")


def test_nullifai_a_stream_that_breaks_after_the_payload() -> None:
    for tail in (b"", b"\xff", b"R", b"h\x63", b"}K\x01", b"X\xff\xff\xff\x7f", b"\x93", b"c", b"\x80\x63"):
        assert CALLED in critical(b"\x80\x02" + PAYLOAD + tail), tail


def test_hide_and_seek_programs_that_end_in_an_exception() -> None:
    for trap in (
        call("builtins", "int", text("x")),
        b"Nb",
        b"K\x01K\x02s",
        b"K\x01a",
        named("no_such_module", "x"),
        b"I1x\n",
    ):
        assert CALLED in critical(stream(PAYLOAD, b"0", trap))


def test_a_payload_in_bytes_that_look_like_a_zlib_header() -> None:
    # 0x2853 is a multiple of 31, what a zlib header has to be.
    evil = b"(S'id'\niposix\nsystem\n."
    assert evil[:2] == b"(S"
    for name in ("model.pkl", "model.joblib", "model.bin"):
        assert CALLED in critical(evil, name)


def test_appended_and_prepended_streams() -> None:
    for name in ("model.pkl", "model.pt", "model.bin", "model.dat"):
        assert CALLED in critical(stream(b"N") + EVIL, name)
        assert CALLED in critical(stream(b"N") + b"\xfe junk \xff" * 3 + EVIL, name)
        assert CALLED in critical(EVIL + bytes(5_000) + b"PK\x05\x06" + bytes(18), name)


def test_modelaudit_ext_codes_with_a_registry_filled_by_the_stream() -> None:
    registers = call("copyreg", "add_extension", text("posix"), text("system"), b"K\x01")
    found = issues(stream(registers, b"0\x82\x01)R"))
    assert ("PKL151", "warning") in {(rule, severity) for rule, severity, _ in found}
    assert "copyreg.add_extension" in {what for _, severity, what in found if severity == "critical"}


# Limits


def test_a_name_of_a_megabyte_and_a_million_memo_entries_take_no_time() -> None:
    start = time.perf_counter()
    assert critical(b"\x80\x04" + PAYLOAD + b"0c" + b"a." * 500_000 + b"\nx\n.") >= {CALLED}
    assert CALLED in critical(b"\x80\x04N" + b"\x94" * 1_000_000 + PAYLOAD + b".")
    assert time.perf_counter() - start < 10


def test_declared_lengths_and_doubled_memos_cost_nothing() -> None:
    start = time.perf_counter()
    assert CALLED in critical(stream(PAYLOAD, b"0]\x94", b"h\x00h\x00\x86\x94" * 60))
    for head in (b"\x8e" + b"\xff" * 7 + b"\x7f", b"\x96" + b"\xff" * 7 + b"\x7f", b"\x8b\xff\xff\xff\x7f"):
        assert CALLED in critical(b"\x80\x05" + PAYLOAD + head)
    assert time.perf_counter() - start < 10


# Compression


def test_protocol_0_behind_a_zlib_stream_that_breaks() -> None:
    packed = zlib.compress(EVIL + b"N" * 5_000)
    assert CALLED in critical(packed[:-4], "model.joblib")


def test_modelscan_338_source_that_is_decompressed_and_run() -> None:
    source = data(zlib.compress(b"import os"))
    found = issues(stream(call("builtins", "exec", call("zlib", "decompress", source))))
    assert ("PKL101", "critical", "builtins.exec") in found
