"""Writes the lists of what Keras configurations may name, from wheels that are read: `python tools/keras_tables.py`.

`rust/rules/keras_objects.tsv`: classes that configurations build and functions that they name, by `module:name` under
canonical modules (those of all copies of Keras fall together), and by `:name` as Keras 2 writes them. Classes are those
below the serialisable bases; functions are the public ones of modules that hold nothing else.
`rust/rules/keras_code.tsv`: names that code embedded in a Lambda layer uses to compute with tensors.
What stands in the table of dangerous callables is left out of both.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from keras_words import BASES, MODULES, NOT_CALLED, NOT_IN_CODE, OLDER, PLAIN, SHORT, SPECIAL
from tables.wheels import opened, tree
from tensorflow_names import functions, ops

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = Path(__file__).parent.parent / "rust" / "rules"


KERAS = (
    *(f"keras=={version}" for version in ("2.2.4", "2.3.1", "2.4.3", "2.6.0", "2.8.0", "2.11.0", "2.13.1", "2.15.0")),
    *(f"keras=={version}" for version in ("3.0.0", "3.0.5", "3.3.3", "3.4.1", "3.6.0", "3.8.0", "3.9.2", "3.10.0")),
    *(f"keras=={version}" for version in ("3.11.3", "3.12.0", "3.13.0", "3.14.0", "3.15.1")),
    "keras_core==0.1.7",
    *(f"tf_keras=={version}" for version in ("2.15.0", "2.16.0", "2.21.0")),
)
TENSORFLOW = ("tensorflow_cpu==1.15.0", "tensorflow_cpu==2.4.4", "tensorflow_cpu==2.10.1", "tensorflow_cpu==2.16.2")
COMPANIONS = (
    *("keras_cv==0.3.5", "keras_cv==0.9.0", "keras_hub==0.17.0", "keras_hub==0.32.0"),
    *("keras_nlp==0.3.0", "keras_nlp==0.12.1", "tensorflow_addons==0.23.0"),
    *("tensorflow_model_optimization==0.8.1", "qkeras==0.9.0", "tensorflow_recommenders==0.7.7"),
    *("autokeras==1.1.0", "autokeras==3.0.0"),
)

#: Copies of Keras and private source packages, longest first where one begins with another.
ROOTS = (
    ("tensorflow.python.keras", "keras"),
    ("tensorflow_core.python.keras", "keras"),
    ("tf_keras.src", "keras"),
    ("tf_keras", "keras"),
    ("keras_core.src", "keras"),
    ("keras_core", "keras"),
    ("keras.src", "keras"),
    ("keras_hub.src", "keras_hub"),
    ("keras_nlp.src", "keras_hub"),
    ("keras_nlp", "keras_hub"),
    ("keras_cv.src", "keras_cv"),
)

#: Modules that hold nothing but functions of tensors, apart from the names below.
FUNCTIONS = re.compile(
    r"^(?:keras\.backend(?:$|\.tensorflow_backend$)|keras(_nlp|_hub|_cv)?\.(.*\.)?(activations|losses|metrics|ops|initializers|regularizers|constraints|backend_config"
    r"|preprocessing_layers|loss_functions|advanced_activations|nn|numpy|math|core_ops|random)(\.|$))"
)

#: Copies of public names, and what is there for tests.
SKIPPED = re.compile(r"\.api\.|_tf_keras|_test(s|_|\.|$)|\.test_|testing|integration_test|benchmark")

#: Functions of the backend that change or show the state of the program.
STATE = re.compile(
    r"session|scope|generator|track|uid|graph|globals|initiali[sz]|observe|populate|^set_|enable|disable|record"
)

#: Copies of the functions for each backend, which no configuration names.
BACKEND = re.compile(r"^keras\.backend\.(torch|jax|tensorflow|numpy|openvino|common|mlx)(\.|$)")

#: Libraries whose classes stand without a module in configurations of Keras 2.
UNQUALIFIED = ("keras", "tensorflow_model_optimization", "qkeras")

#: Modules whose functions Keras looks up by their names alone.
BARE = re.compile(r"^keras\.(.*\.)?(activations|losses|metrics|initializers|regularizers|constraints)(\.|$)")


def canonical(module: str) -> str:
    """Return the module under the one name that all copies of Keras share."""
    for copy, root in ROOTS:
        if module == copy or module.startswith(copy + "."):
            return root + module[len(copy) :]
    return module


def snake(name: str) -> str:
    """Return the name of a class as Keras spells it in lower case."""
    part = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", part).lower()


class Defined:
    """One class or function at the top level of a module."""

    def __init__(self, module: str, node: ast.ClassDef | ast.FunctionDef) -> None:
        self.module, self.node, self.name = canonical(module), node, node.name
        self.bases = {ast.unparse(base).rpartition(".")[2] for base in getattr(node, "bases", [])}
        self.methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        self.shown: set[str] = set()
        self.packages: set[str] = set()
        self.aliases: set[str] = set()
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call):
                self._read(mark)

    def _read(self, mark: ast.Call) -> None:
        called = ast.unparse(mark.func)
        values = [*mark.args, *(keyword.value for keyword in mark.keywords)]
        texts = {
            item.value
            for value in values
            for item in ast.walk(value)
            if isinstance(item, ast.Constant) and isinstance(item.value, str)
        }
        if "export" in called:
            self.shown |= {text for text in texts if "." in text}
        if "register_keras_serializable" in called:
            self.packages |= {text for text in texts if text != self.name} or {"Custom"}


def top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what a module defines, also under conditions."""
    for item in body:
        yield item
        for part in ("body", "orelse"):
            if isinstance(item, (ast.If, ast.Try)):
                yield from top(getattr(item, part))


def read(pin: str, below: str) -> tuple[list[Defined], dict[str, list[tuple[str, str]]]]:
    """Return what a wheel defines, and the names that its modules give to what stands elsewhere."""
    found: list[Defined] = []
    given: dict[str, list[tuple[str, str]]] = {}
    same: dict[str, set[str]] = {}
    for module in opened(pin).sources:
        if not f"{module}.".startswith(f"{below}.") or SKIPPED.search(module):
            continue
        for item in top(tree(pin, module).body):
            if isinstance(item, (ast.ClassDef, ast.FunctionDef)):
                found.append(Defined(module, item))
            elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Name):
                targets = [target.id for target in item.targets if isinstance(target, ast.Name)]
                given.setdefault(item.value.id, []).extend((canonical(module), target) for target in targets)
                same.setdefault(item.value.id, set()).update(targets)
            elif isinstance(item, ast.ImportFrom):
                for alias in item.names:
                    given.setdefault(alias.name, []).append((canonical(module), alias.asname or alias.name))
    for each in found:
        each.aliases = same.get(each.name, set())
    return found, given


def serialisable(found: list[Defined]) -> set[str]:
    """Return the names of classes below the bases."""
    names = set(BASES)
    while True:
        more = {each.name for each in found if each.bases & names or {"get_config", "from_config"} & each.methods}
        if more <= names:
            return names
        names |= more


def keys(each: Defined, kind: str, given: dict[str, list[tuple[str, str]]], own: str) -> Iterator[tuple[str, str]]:
    """Yield all keys under which configurations have one class or function."""
    yield f"{each.module}:{each.name}", kind
    packages = each.module.split(".")
    for place, name in given.get(each.name, []):
        # Public packages: where it stands, or one above that.
        if each.module.startswith(place) and place != packages[0]:
            yield f"{place}:{name}", kind
    for path in each.shown:
        module, _, name = path.rpartition(".")
        yield f"{canonical(module)}:{name}", kind
    if own in UNQUALIFIED and (kind == "class" or BARE.search(each.module)):
        yield f":{each.name}", kind
        if kind == "class":
            yield f":{snake(each.name)}", kind
            yield f":{each.name.lower()}", kind
            yield from ((f":{alias}", kind) for alias in each.aliases if len(alias) > 1)
        else:
            yield from ((f":{name}", kind) for place, name in given.get(each.name, []) if BARE.search(place))
    for package in each.packages:
        yield f":{package}>{each.name}", kind


def is_plain(function: Defined) -> bool:
    """Return whether a function computes with tensors and does nothing else."""
    name = function.name
    if function.module.startswith("keras.backend") and STATE.search(name):
        return False
    return bool(FUNCTIONS.match(function.module)) and name not in NOT_CALLED | NOT_IN_CODE and not name.startswith("_")


def objects() -> dict[str, str]:
    """Return all keys with their kind."""
    table: dict[str, str] = {f":{name}": "function" for name in SHORT}
    table.update({f":{name}": "class" for name in OLDER})
    pins = [(pin, pin.partition("==")[0]) for pin in (*KERAS, *COMPANIONS)]
    pins += [
        (pin, below) for pin in TENSORFLOW for below in ("tensorflow.python.keras", "tensorflow_core.python.keras")
    ]
    known: set[str] = set()
    for pin, below in pins:
        found, given = read(pin, below)
        known |= serialisable(found)
        for each in found:
            own = each.module.split(".")[0]
            if BACKEND.match(each.module):
                continue
            is_class = isinstance(each.node, ast.ClassDef)
            if is_class and each.name in known and each.name not in SPECIAL and "callback" not in each.module:
                table.update(keys(each, "class", given, own))
            elif not is_class and is_plain(each):
                for key, kind in keys(each, "function", given, own):
                    table.setdefault(key, kind)
    return table


def write_code(table: dict[str, str]) -> None:
    """Write the names that embedded code may use: of functions, wherever they stand, of modules, and plain ones."""
    names = {key.rpartition(":")[2].rpartition(".")[2] for key, kind in table.items() if kind == "function"}
    for path in ("numpy_functions", "numpy"):
        text = (RULES / "callables" / "safe" / f"{path}.tsv").read_text(encoding="utf-8")
        rows = [line.split("\t") for line in text.splitlines() if line.startswith("numpy:")]
        names |= {key.rpartition(":")[2] for key, rights, *_ in rows if "call" in rights}
    names = {name for name in names if not name.startswith("_") and ">" not in name} - NOT_IN_CODE
    names |= MODULES | PLAIN
    lines = [
        "# Made by tools/keras_tables.py from keras_objects.tsv and the safe functions of numpy: change the generator.",
        "# One column: names that code embedded in a layer may use, as global names or attributes.",
        *sorted(names, key=str.encode),
    ]
    (RULES / "keras_code.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write both lists."""
    dangerous = {
        line.split("\t")[0] for line in (RULES / "callables" / "dangerous.tsv").read_text(encoding="utf-8").splitlines()
    }

    def is_dangerous(key: str, kind: str = "function") -> bool:
        parts = key.replace(":", ".").strip(".").split(".")
        if kind == "class":
            # Modules are in that table for their functions; layers among them only hold what builds them.
            return ".".join(parts) in dangerous
        above = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
        return any(path in dangerous or f"{path}.*" in dangerous for path in above)

    table = {key: kind for key, kind in objects().items() if not is_dangerous(key, kind)}
    for name in functions():
        if not is_dangerous(f"tensorflow:{name}") and not is_dangerous(f"tensorflow:{name.replace('compat.v1.', '')}"):
            table[f"tensorflow:{name}"] = "function"
    table.update((f"op:{name}", "function") for name in ops() if not is_dangerous(f"tensorflow.raw_ops:{name}"))
    write_code(table)
    pins = ", ".join((*KERAS, *TENSORFLOW, *COMPANIONS)).replace("==", " ")
    lines = [
        f"# Enumerated by tools/keras_tables.py from {pins}: change the generator, not this file.",
        "# Columns: canonical module:name, or :name as Keras 2 writes it; class or function.",
        *(f"{key}\t{table[key]}" for key in sorted(table, key=str.encode)),
    ]
    (RULES / "keras_objects.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(len(table), file=sys.stderr)


if __name__ == "__main__":
    main()
