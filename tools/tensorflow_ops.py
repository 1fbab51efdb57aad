"""Writes the table of TensorFlow ops that only compute: run as `python tools/tensorflow_ops.py`.

Wheels are downloaded and read, never installed nor imported. Ops of TensorFlow are those that its generated modules
(`gen_*.py`) call; ops of other packages are the names in their libraries that the Python code beside them calls, or
that carry the package's own prefix. Ops with a judgement of their own (`judged.tsv`) are left out: whoever adds a
version looks through what is new, and judges what does more than compute.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from tables.wheels import fetch

RULES = Path(__file__).parent.parent / "rust" / "rules" / "tensorflow"

#: Old versions for ops that later ones no longer have.
TENSORFLOW = (
    "tensorflow-cpu==2.21.0",
    "tensorflow-cpu==2.16.2",
    "tensorflow-cpu==2.10.1",
    "tensorflow-cpu==2.4.4",
    "tensorflow-cpu==1.15.0",
)

PACKAGES = (
    "tensorflow-text==2.16.1",
    "tensorflow-text==2.4.3",
    "tensorflow-addons==0.23.0",
    "tensorflow-decision-forests==1.9.2",
    "tensorflow-io==0.37.1",
    "tensorflow-recommenders-addons==0.8.1",
    "tensorflow-compression==2.14.1",
    "tf-sentencepiece==0.1.90",
    "struct2tensor==0.48.1",
)

#: Prefixes under which packages register their ops.
PREFIXES = r"Addons>|TFText>|IO>|TFRA>|SimpleML"

#: Registered without a Python function: written by the graph optimizer, the partitioner, XLA or TensorRT conversion.
INTERNAL = (
    "CreateTRTResourceHandle",
    "GetCalibrationDataOp",
    "IfrtCall",
    "IfrtLoadVariable",
    "IfrtRestoreVariable",
    "_Arg",
    "_ArrayToList",
    "_CopyFromGpuToHost",
    "_CopyFromHostToGpu",
    "_DeviceArg",
    "_DeviceRetval",
    "_EagerConst",
    "_FusedBatchNormEx",
    "_FusedBatchNormGradEx",
    "_FusedConv2D",
    "_FusedConv3D",
    "_FusedDepthwiseConv2dNative",
    "_FusedMatMul",
    "_HostCast",
    "_HostConstantOp",
    "_HostRecv",
    "_HostSend",
    "_ListToArray",
    "_NcclBroadcastRecv",
    "_NcclBroadcastSend",
    "_NcclReduceRecv",
    "_NcclReduceSend",
    "_ParallelConcatStart",
    "_ParallelConcatUpdate",
    "_QuantizedMatMul",
    "_QuantizedMaxPool3D",
    "_ReadVariablesOp",
    "_Recv",
    "_Retval",
    "_ScopedAllocator",
    "_ScopedAllocatorConcat",
    "_ScopedAllocatorSplit",
    "_Send",
    "_TPUCompileMlir",
    "_TPUReplicate",
    "_TensorToHashBucketFast",
    "_UnaryOpsComposition",
    "_VarHandlesOp",
    "_While",
    "_XlaCompile",
    "_XlaMerge",
    "_XlaRecvAtHost",
    "_XlaRecvAtHostV2",
    "_XlaRun",
    "_XlaSendFromHost",
    "_XlaSendFromHostV2",
)

#: Names in libraries that are spelled like a function of the Python code and are no ops.
NO_OPS = frozenset({"IsInt64", "IsList", "IsUint64", "ReadRows"})

CALL = re.compile(
    r'_apply_op_helper\(\s*b?"(\w+)"|_execute\.execute\(\s*b"(\w+)"|TFE_Py_FastPathExecute\(\s*_ctx[^"]*?"(\w+)"'
)
NAME = re.compile(rf"(?<![A-Za-z0-9_>])((?:{PREFIXES})?[A-Z][A-Za-z0-9]{{3,60}})\0".encode())
FUSED = re.compile(rb"\0(_Mkl[A-Z][A-Za-z0-9]+)\0")


def generated(path: Path) -> set[str]:
    """Return the ops that the generated modules of a wheel call, and those for the MKL in its libraries."""
    found: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if re.search(r"/gen_\w+\.py$", member):
                text = archive.read(member).decode("utf-8", "replace")
                found |= {name for groups in CALL.findall(text) for name in groups if name}
            elif ".so" in member.rpartition("/")[2]:
                found |= {name.decode() for name in FUSED.findall(archive.read(member))}
    return found


def spelled(name: str) -> str:
    """Return the Python name of an op."""
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name.replace(">", "_"))
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


def custom(path: Path) -> set[str]:
    """Return the names in the libraries of a wheel that its Python code calls, or that carry a prefix of ops."""
    names: set[str] = set()
    called: set[str] = set()
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith(".py"):
                called |= set(re.findall(r"\.(\w+)\(", archive.read(member).decode("utf-8", "replace")))
            elif ".so" in member.rpartition("/")[2]:
                names |= {name.decode() for name in NAME.findall(archive.read(member))}
    return {
        name
        for name in names - NO_OPS
        if re.match(PREFIXES, name) or ("_" in spelled(name) and spelled(name) in called)
    }


def main() -> None:
    """Rewrite the table."""
    judged = {line.split("\t")[0] for line in (RULES / "judged.tsv").read_text(encoding="utf-8").splitlines()}
    table = dict.fromkeys(INTERNAL, "internal")
    for pin in reversed(PACKAGES):
        table |= dict.fromkeys(custom(fetch(pin)), pin.partition("==")[0])
    for pin in reversed(TENSORFLOW):
        table |= dict.fromkeys(generated(fetch(pin)), pin.replace("tensorflow-cpu==", "tensorflow "))
    lines = [
        "# Ops that compute, enumerated by tools/tensorflow_ops.py: change the generator, not this file.",
        f"# From {', '.join((*TENSORFLOW, *PACKAGES))}.",
        "# Columns: op, the newest version of those, or the package, that has it.",
        *(f"{name}\t{table[name]}" for name in sorted(table, key=str.encode) if name not in judged),
    ]
    (RULES / "plain.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(lines) - 3)


if __name__ == "__main__":
    main()
