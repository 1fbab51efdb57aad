"""Published ways around scanners that turn on what objects do: writes, nested loaders, deferred code, array data."""

from __future__ import annotations

import base64
import gzip
import pickle
import zlib

import pytest

import modelaudit
from assembly import EVIL, PAYLOAD, call, data, named, stream, text
from test_bypasses import CALLED, critical, issues, rules

# Writes


def test_sys_modules_is_overridden_by_setitem() -> None:
    override = stream(named("sys", "modules"), text("numpy"), named("mylib", "fake"), b"s0", named("numpy", "zeros"))
    assert "sys.modules" in critical(override)
    assert "PKL141" in rules(override)


def test_modelscan_330_a_function_is_changed_by_build() -> None:
    changed = stream(named("numpy", "size"), b"}", text("__code__"), named("mylib", "code"), b"sb")
    assert rules(changed) & {"PKL141", "PKL143"}
    assert any(severity == "critical" for _, severity, _ in issues(changed))


@pytest.mark.parametrize(
    "target", [("collections", "OrderedDict"), ("builtins", "object"), ("mylib", "Thing"), ("numpy", "ndarray")]
)
def test_build_on_a_class_or_module_sets_its_attributes(target: tuple[str, str]) -> None:
    for state in (b"}" + text("a") + b"K\x01s", b"N}" + text("a") + b"K\x01s\x86"):
        found = issues(stream(named(*target), state, b"b"))
        assert ("PKL141", "critical") in {(rule, severity) for rule, severity, _ in found}


def test_an_injected_setstate_is_called_by_a_second_build() -> None:
    injected = b"}" + text("__setstate__") + named("mylib", "run") + b"sb"
    found = issues(stream(named("mylib", "Thing"), b")\x81", injected, text("argument"), b"b"))
    assert ("PKL143", "critical") in {(rule, severity) for rule, severity, _ in found}


def test_append_calls_a_method_of_a_foreign_object() -> None:
    for opcodes in (b"K\x01a", b"(K\x01e", b"(K\x01\x90", b"K\x01K\x02s", b"(K\x01K\x02u"):
        found = issues(stream(call("mylib", "Thing"), opcodes))
        assert "PKL142" in {rule for rule, _, _ in found}, opcodes


# Computed callables


def test_a_callable_that_a_call_returns_is_critical() -> None:
    for used in (b")R", b")\x81"):
        computed = stream(call("operator", "attrgetter", text("system")), b"(", named("mylib", "module"), b"tR", used)
        assert "PKL132" in rules(computed)


def test_ghsa_84r2_methodcaller_on_a_located_module() -> None:
    located = call("pydoc", "locate", text("os"))
    both = stream(call("operator", "methodcaller", text("system"), text("id")), b"(", located, b"tR")
    assert critical(both) >= {"pydoc.locate", "operator.methodcaller"}
    assert "PKL132" in rules(both)


def test_fickling_getattr_on_what_an_import_returns() -> None:
    imported = call("importlib", "import_module", text("os"))
    assert "os.system" in critical(stream(call("builtins", "getattr", imported, text("system")), text("id"), b"\x85R"))
    library = call("ctypes", "CDLL", text("libc.dylib"))
    found = critical(stream(call("builtins", "getattr", library, text("system")), data(b"id"), b"\x85R"))
    assert "ctypes.CDLL" in found


def test_lazy_iterators_are_consumed_by_constructors() -> None:
    for lazy in ("map", "filter"):
        for container in ("list", "tuple", "set", "frozenset", "dict", "bytearray"):
            made = call("builtins", lazy, named("posix", "system"), b"](", text("id"), b"e")
            found = critical(stream(call("builtins", container, made)))
            assert found >= {CALLED, f"builtins.{lazy}"}, container


def test_higher_order_callables_with_a_payload() -> None:
    for module, name in [
        ("functools", "partial"),
        ("collections", "defaultdict"),
        ("torch._tensor", "_rebuild_from_type_v2"),
        ("torch._utils", "_rebuild_wrapper_subclass"),
        ("copyreg", "_reconstructor"),
        ("copyreg", "__newobj__"),
        ("functools", "reduce"),
        ("itertools", "starmap"),
        ("numpy", "vectorize"),
        ("numpy", "apply_along_axis"),
    ]:
        assert CALLED in critical(
            stream(call(module, name, named("posix", "system"), named("builtins", "object"), b"N"))
        ), name


def test_text_that_is_put_together_at_load_time() -> None:
    joined = named("builtins", "str.join") + b"(" + text("") + b"](" + text("sys") + text("tem") + b"etR"
    built = stream(text("posix"), joined, b"\x93", text("id"), b"\x85R")
    assert any(severity == "critical" for _, severity, _ in issues(built))


# Loaders inside


@pytest.mark.parametrize(
    "loader",
    [
        "pickle.loads",
        "_pickle.loads",
        "cPickle.loads",
        "dill.loads",
        "dill._dill.loads",
        "cloudpickle.loads",
        "torch.storage._load_from_bytes",
    ],
)
def test_a_pickle_inside_bytes_is_read(loader: str) -> None:
    module, name = loader.rsplit(".", 1)
    assert CALLED in critical(stream(call(module, name, data(EVIL))))
    twice = stream(call(module, name, data(stream(call(module, name, data(EVIL))))))
    assert CALLED in critical(twice)


@pytest.mark.parametrize("loader", ["joblib.load", "torch.load", "numpy.load", "pandas.read_pickle", "pickle.load"])
def test_a_pickle_inside_a_buffer_is_read(loader: str) -> None:
    module, name = loader.rsplit(".", 1)
    found = critical(stream(call(module, name, call("_io", "BytesIO", data(EVIL)))))
    assert found >= {CALLED, loader}


@pytest.mark.parametrize(
    ("decoder", "encoded"),
    [
        ("base64.b64decode", base64.b64encode(EVIL)),
        ("base64.b16decode", base64.b16encode(EVIL)),
        ("binascii.unhexlify", EVIL.hex().encode()),
        ("zlib.decompress", zlib.compress(EVIL)),
        ("gzip.decompress", gzip.compress(EVIL)),
    ],
)
def test_a_pickle_that_is_decoded_first_is_read(decoder: str, encoded: bytes) -> None:
    module, name = decoder.rsplit(".", 1)
    assert CALLED in critical(stream(call("pickle", "loads", call(module, name, data(encoded)))))


def test_marshalled_code_and_code_objects() -> None:
    code = call("marshal", "loads", data(b"\xe3"))
    made = stream(call("types", "FunctionType", code, b"}"), b")R")
    assert critical(made) >= {"marshal.loads", "types.FunctionType"}
    assert "PKL132" in rules(made)
    assert critical(stream(call("dill._dill", "_create_code", b"K\x00"))) >= {"dill._dill._create_code"}


# What runs or happens without a call of exec


def test_a_file_is_written_and_then_imported() -> None:
    written = (
        named("pathlib", "Path.write_text")
        + b"("
        + call("pathlib", "PosixPath", text("x.py"))
        + text("import os")
        + b"tR0"
    )
    loader = call("importlib.machinery", "SourceFileLoader", text("x"), text("x.py"))
    assert critical(stream(written, loader)) >= {"pathlib.Path.write_text", "importlib.machinery.SourceFileLoader"}


@pytest.mark.parametrize(
    "name",
    ["atexit.register", "weakref.finalize", "threading.Timer", "sys.setprofile", "signal.signal", "sys.addaudithook"],
)
def test_code_that_runs_later(name: str) -> None:
    module, function = name.rsplit(".", 1)
    assert name in critical(stream(call(module, function, named("mylib", "f"))))


@pytest.mark.parametrize(
    "name",
    [
        "transformers.AutoModel.from_pretrained",
        "torch.hub.load",
        "huggingface_hub.snapshot_download",
        "keras.utils.get_file",
        "keras.models.load_model",
    ],
)
def test_another_model_is_loaded(name: str) -> None:
    module, function = name.rsplit(".", 1)
    assert name in critical(stream(call(module, function, text("somebody/model"))))


def test_an_import_alone_is_a_finding() -> None:
    assert [(rule, severity) for rule, severity, _ in issues(stream(named("a_file_in_this_folder", "x")))] == [
        ("PKL124", "warning")
    ]


def test_a_persistent_id_that_holds_a_payload() -> None:
    assert CALLED in critical(stream(b"(", text("storage"), PAYLOAD, text("0"), text("cpu"), b"K\x01tQ"))
    assert "PKL152" in rules(b"Pany text\n.")


def test_sleepy_pickle_a_payload_wrapped_around_a_model() -> None:
    model = pickle.dumps({"weights": [0.5] * 100}, 2)[2:-1]
    wrapped = b"\x80\x02c__builtin__\nexec\n(S'import os'\ntR0" + model + b"."
    assert "__builtin__.exec" in critical(wrapped)
    after = b"\x80\x02" + model + b"cbuiltins\nexec\n(S'import os'\ntR0."
    assert "builtins.exec" in critical(after)


# Array data


def array(dtype: bytes, shape: bytes, *more: bytes) -> bytes:
    """What joblib writes before the bytes of an array."""
    entries = [text("subclass"), named("numpy", "ndarray"), text("shape"), shape, text("order"), text("C")]
    state = b"".join([*entries, text("dtype"), dtype, text("allow_mmap"), b"\x88", *more])
    return named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + state + b"ub"


def dtype(code: str) -> bytes:
    return named("numpy", "dtype") + text(code) + b"\x89\x88\x87R"


def test_picklescan_opcodes_behind_the_bytes_of_an_array() -> None:
    assert CALLED in critical(stream(array(dtype("f8"), b"K\x03\x85"), b"." * 24, PAYLOAD), "model.joblib")
    aligned = array(dtype("f8"), b"K\x03\x85", text("numpy_array_alignment_bytes"), b"K\x10")
    assert CALLED in critical(stream(aligned, b"\x03\xff\xff\xff", b"." * 24, PAYLOAD), "model.joblib")


def test_joblib_a_pickle_in_place_of_the_elements_of_an_object_array() -> None:
    assert CALLED in critical(stream(array(dtype("O8"), b"K\x01\x85"), EVIL), "model.joblib")
    assert CALLED in critical(stream(array(dtype("O8"), b"K\x01\x85"), stream(b"]"), PAYLOAD), "model.joblib")


def test_joblib_compat_wrappers_name_a_file_beside_the_model() -> None:
    for name in ("NDArrayWrapper", "ZNDArrayWrapper"):
        wrapper = stream(
            named("joblib.numpy_pickle_compat", name), b")\x81}", text("filename"), text("../x.npy"), b"sb"
        )
        report = modelaudit.scan_bytes(wrapper, "model.joblib")
        told = [(issue.rule, issue.severity, issue.details.get("file")) for issue in report.issues]
        assert ("PKL182", "critical", "../x.npy") in told
