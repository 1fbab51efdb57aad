"""Writes the tables of safe callables that are enumerated from libraries: run by `make tables`.

The libraries are downloaded and read, never installed nor imported. Each group is rewritten wholly, sorted, with the
versions it was made from in its header. What is listed: classes whose methods were found to hold data and do nothing
else when a pickle makes them and gives them their state, and functions that models keep as values. What stands in the
dangerous table, or in a table written by hand, is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tables.group import Group, made
from tables.groups import GROUPS
from tables.groups.pytorch import NEWEST
from tables.weights_only import allowed

RULES = Path(__file__).parent.parent / "rust" / "rules" / "callables"


def keys(path: Path) -> set[str]:
    """Return the first column of a table."""
    return {line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")}


def is_dangerous(path: str, dangerous: set[str]) -> bool:
    """Return whether a path stands in the dangerous table, or below an entry of it."""
    parts = path.split(".")
    above = [".".join(parts[:count]) for count in range(1, len(parts))]
    return path in dangerous or any(prefix in dangerous or f"{prefix}.*" in dangerous for prefix in above)


def write(group: Group, taken: set[str], dangerous: set[str]) -> set[str]:
    """Write one group, sorted by the bytes of its keys; return the keys."""
    table = made(group)
    left_out = {key for key in table if is_dangerous(key.replace(":", "."), dangerous)}
    for key in sorted(left_out):
        print(f"dangerous: {key}", file=sys.stderr)
    table = {key: rights for key, rights in table.items() if key not in left_out and key not in taken}
    lines = [
        f"# Enumerated by tools/safe_tables.py from {group.versions()}: change the generator, not this file.",
        "# Columns: module:name, rights (refer, new, call or call(contract), build, append, setitem).",
        *(f"{key}\t{table[key]}" for key in sorted(table, key=str.encode)),
    ]
    (RULES / "safe" / f"{group.name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{group.name}: {len(table)}")
    return set(table)


def main() -> None:
    """Rewrite the groups named on the command line, or all."""
    wanted = sys.argv[1:] or [group.name for group in GROUPS]
    written = {group.name for group in GROUPS}
    taken: set[str] = set()
    for path in sorted((RULES / "safe").glob("*.tsv")):
        if path.stem not in written or (path.stem not in wanted):
            taken |= keys(path)
    dangerous = keys(RULES / "dangerous.tsv")
    for group in GROUPS:
        if group.name in wanted:
            taken |= write(group, taken, dangerous)
    listed = {key.replace(":", ".") for path in (RULES / "safe").glob("*.tsv") for key in keys(path)}
    print("allowed by the weights-only loader and not listed:", *sorted(allowed(NEWEST) - listed))


if __name__ == "__main__":
    main()
