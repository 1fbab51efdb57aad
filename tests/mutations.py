"""Damages files of all kinds at random, from a seed, and scans them: run by `make mutate`, and for a few by the tests.

No damage may crash or hang the scanner, be an internal error, or take much memory. What it may hide is another matter:
damaged bytes can be a whole file still, or another one.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import marshal
import random
import resource
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

import ggufs
import modelaudit
import msgpacks
import onnxes
import robjects
from assembly import EVIL
from protobuf import called, const, function, inner_node, library, main_op, node, saved_model

DATA = Path(__file__).parent / "data"

#: Kilobytes that the process may occupy at its peak, and seconds that one scan may take on a busy machine.
MEMORY = 256 << 10
SECONDS = 10.0

#: Bytes of address space of a child: an allocation by a length that lies fails instead of taking the machine down.
ADDRESS_SPACE = 4 << 30

#: Values that lengths and counts are overwritten with.
EXTREMES = [b"\xff" * 4, b"\xff" * 8, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"]


def _zip(content: bytes, method: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("a/weights.pkl", content)
        archive.writestr("a/readme.txt", "text" * 50)
    return out.getvalue()


def _tar(content: bytes, kind: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as tape:
        for name in ("weights.pkl", "folder/" + "a" * 80, "ü.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tape.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def _arrays(body: bytes) -> dict[str, bytes]:
    """Return files of numpy and joblib; objects carry the payload as a pickle behind the header."""
    import joblib
    import numpy as np

    numbers = np.arange(60, dtype="<f4").reshape(5, 12)
    found: dict[str, io.BytesIO] = {}
    np.save(found.setdefault("npy", io.BytesIO()), numbers)
    np.savez(found.setdefault("npz", io.BytesIO()), a=numbers, b=np.array(["x", "yy"]))
    np.savez_compressed(found.setdefault("npz, compressed", io.BytesIO()), a=numbers)
    model = {"w": numbers, "names": np.array(["a", None], dtype=object), "t": np.zeros(3, dtype="i4,f8")}
    for codec in (None, "zlib", "gzip", "bz2", "lzma", "xz"):
        compress = (codec, 3) if codec else 0
        joblib.dump(model, found.setdefault(f"joblib, {codec or 'plain'}", io.BytesIO()), compress=compress)
    objects = io.BytesIO()
    np.save(objects, np.array([None], dtype=object), allow_pickle=True)
    header = objects.getvalue()[:128]
    return {name: file.getvalue() for name, file in found.items()} | {"npy, objects": header + body}


def _keras() -> bytes:
    """Return an archive whose configuration carries code."""
    held = {"class_name": "__lambda__", "config": {"code": base64.b64encode(marshal.dumps(_keras.__code__)).decode()}}
    layers = [{"module": "keras.layers", "class_name": "Lambda", "config": {"function": held}}] * 3
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": layers}}))
        archive.writestr("assets/vocabulary.txt", "a\nb\n")
    return out.getvalue()


def _graphs() -> dict[str, bytes]:
    """Return graphs with payloads where they hide, in both encodings."""
    graph = node("x", "Placeholder") + node("evil", "PyFunc")
    functions = library(function("f", inner_node("w", "WriteFile", "x")))
    call = node("call", "StatefulPartitionedCall", "x", attributes=called("f"))
    text = b"""meta_graphs { graph_def { node { name: "x" op: "Placeholder" } node { name: "e" op: "PyFunc" } library {
        function { signature { name: "f" } node_def { name: "w" op: "WriteFile" input: "x" } } } } }"""
    return {
        "tensorflow, binary": saved_model(graph, functions, call, const("c", graph), rest=main_op("call")),
        "tensorflow, text": text,
    }


def _tensors(body: bytes) -> bytes:
    """Return a SafeTensors file whose metadata holds the payload in text, one of its tensors as it is."""
    state = base64.b64encode(body).decode()
    header = {
        "__metadata__": {"format": "pt", "config": '{"_target_": "os.system"}', "state": state},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "U8", "shape": [len(body)], "data_offsets": [24, 24 + len(body)]},
    }
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(24) + body


def _index() -> bytes:
    """Return an index of shards."""
    places = {f"layers.{n}.weight": f"model-{n:05}-of-00004.safetensors" for n in range(1, 5)}
    return json.dumps({"metadata": {"total_size": 96}, "weight_map": places}).encode()


def fixtures() -> dict[str, bytes]:
    """Return a file of each container and of each codec, most of them with a payload."""
    body = EVIL + bytes(200)
    whole = zlib.compress(body)
    found = {
        "zip, stored": _zip(body, zipfile.ZIP_STORED),
        "zip, deflated": _zip(body, zipfile.ZIP_DEFLATED),
        "zip, bzip2": _zip(body, zipfile.ZIP_BZIP2),
        "zip, lzma": _zip(body, zipfile.ZIP_LZMA),
        "zip in zip": _zip(_zip(body, zipfile.ZIP_DEFLATED), zipfile.ZIP_STORED),
        "tar, pax": _tar(body, tarfile.PAX_FORMAT),
        "tar, GNU": _tar(body, tarfile.GNU_FORMAT),
        "tar, ustar": _tar(body, tarfile.USTAR_FORMAT),
        "tar in gzip": gzip.compress(_tar(body, tarfile.GNU_FORMAT), mtime=0),
        "gzip": gzip.compress(body, mtime=0) * 2,
        "zlib": whole,
        "bz2": bz2.compress(body),
        "xz": lzma.compress(body),
        "lzma": lzma.compress(body, lzma.FORMAT_ALONE),
        # One raw block each, written by hand: RFC 8878 and the LZ4 frame format.
        "zstd": b"\x28\xb5\x2f\xfd\x20" + bytes([len(EVIL)]) + ((len(EVIL) << 3) | 1).to_bytes(3, "little") + EVIL,
        "lz4": b"\x04\x22\x4d\x18\x60\x40\x82" + (len(EVIL) | 1 << 31).to_bytes(4, "little") + EVIL + bytes(4),
        "joblib, ZF": b"ZF" + hex(len(body)).encode().ljust(19) + whole,
    }
    found |= _arrays(body)
    found["keras"] = _keras()
    found |= {"safetensors": _tensors(body), "index of shards": _index()}
    for folder in ("torch", "skops", "boosters", "hdf5", "keras"):
        for path in sorted((DATA / folder).iterdir()):
            if path.stat().st_size < 60_000:
                found[f"{folder}/{path.name}"] = path.read_bytes()
    # Without the padding at its end, which may be missing.
    found["gguf"] = ggufs.honest().made()[:-12]
    running = robjects.vector(
        robjects.promise(robjects.call(robjects.symbol("system"), robjects.strings("id"))), robjects.strings("a", "b")
    )
    for encoding in ("X", "B", "A"):
        found[f"R, {encoding}"] = robjects.saved(running, encoding)
    found["msgpack"] = msgpacks.packed(msgpacks.honest() | {"other": EVIL})
    attribute = onnxes.field(1, "a") + onnxes.field(4, body)
    graph = onnxes.graph(onnxes.node("Constant", "", attribute), initializers=(onnxes.external(location="../w"),))
    # One field after its version: what ends sooner is no whole model.
    found["onnx"] = onnxes.field(1, 8) + onnxes.field(7, graph)
    for name in ("module_savedmodel.pb", "strings_savedmodel.pb", "model-1.index"):
        found[f"tensorflow/{name}"] = (DATA / "tensorflow" / name).read_bytes()
    found |= _graphs()
    tagged = b"a: &a !!python/object/apply:os.system ['id']\nb: {c: *a, _target_: posix.system}\n"
    return found | {
        # Texts without brackets around them are whole wherever they end.
        "manifest.json": b'{"x": [{"_target_": "os.system"}], "auto_map": {"AutoModel": "a.B"}, "auto_map": 1}',
        "manifest, YAML, .txt": tagged,
        "manifest, TOML, .txt": b'[a]\nb = "c"\n[[d]]\n_target_ = "os.system"\ne = [1, {f = 2}]\n',
        "manifest, INI, .txt": b"[a]\nb = c\n[d]\nclass_path = os.system\ne = [1, 2]\n",
        "manifest, XML": b'<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "y">]><p a="1"><q/>&x;</p>',
        "manifests in zip": _zip(tagged, zipfile.ZIP_DEFLATED),
    }


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Return a file with one to four changes."""
    out = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        if not out:
            break
        place = generator.randrange(len(out))
        kind = generator.randrange(8)
        if kind == 0:
            out[place] ^= 1 << generator.randrange(8)
        elif kind == 1:
            out[place] = generator.randrange(256)
        elif kind == 2:
            extreme = generator.choice(EXTREMES)
            out[place : place + len(extreme)] = extreme
        elif kind == 3:
            del out[place : place + generator.randint(1, 64)]
        elif kind == 4:
            start = generator.randrange(len(out))
            out[place:place] = out[start : start + generator.randint(1, 256)]
        elif kind == 5:
            start = generator.randrange(len(out))
            block = out[start : start + generator.randint(1, 64)]
            out[place : place + len(block)] = block
        elif kind == 6:
            del out[place:]
        else:
            out[place:place] = generator.randbytes(generator.randint(1, 16))
    return bytes(out)


def run(name: str, count: int, seed: int = 1) -> list[str]:
    """Scan so many damaged copies of a fixture; return what went wrong."""
    data = fixtures()[name]
    wrong = []
    for number in range(count):
        copy = damaged(data, random.Random(f"{name} {seed} {number}"))
        started = time.monotonic()
        report = modelaudit.scan_bytes(copy, "model.bin", timeout=60)
        taken = time.monotonic() - started
        defects = [issue.message for issue in report.issues if issue.rule in ("ENG201", "ENG204", "ENG101")]
        if defects or taken > SECONDS:
            wrong.append(f"{name}, seed {seed}, number {number}: {taken:.1f} s, {defects}")
    return wrong


def main() -> None:
    """Take the number of copies of each fixture, and scan them in a process for each."""
    if len(sys.argv) == 3:  # A child: the fixture and the number.
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        wrong = run(sys.argv[1], int(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if peak > MEMORY:
            wrong.append(f"{sys.argv[1]}: {peak >> 10} MB at its peak")
        print(f"{sys.argv[1]}: {sys.argv[2]} copies, {peak >> 10} MB", *wrong, sep="\n  ", flush=True)
        sys.exit(bool(wrong))
    count = sys.argv[1] if len(sys.argv) > 1 else "10000"
    failed = False
    for name in fixtures():
        try:
            # A scan that does not come back at all is a failure as well.
            limit = SECONDS * 6 + int(count) / 20
            failed |= (
                subprocess.run([sys.executable, __file__, name, count], check=False, timeout=limit).returncode != 0
            )
        except subprocess.TimeoutExpired:
            print(f"{name}: no end after {limit:.0f} s", flush=True)
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
