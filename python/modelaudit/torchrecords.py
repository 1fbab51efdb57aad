"""Storage records of torch's zip files, held against what the pickles ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modelaudit._native import PickleScan, Storage, ZipMember
    from modelaudit.torchzip import TorchZip

#: Where pickles of other names than `data.pkl` and `constants.pkl` keep their storages, besides a folder of their own:
#: mobile bytecode shares those of the constants, packages have all in one place.
_SHARED = ("constants/", "data/", ".data/", "tensors/")

#: Storages that the core hands out (`Limits::tensors`); of what is beyond, nothing is known.
MOST = 1 << 16

#: What torch's packages add to a key.
_SUFFIX = ".storage"


class Records(NamedTuple):
    """How the records fit."""

    #: Storages without a record.
    missing: list[Storage]
    #: Storages whose record is too short, with its size.
    short: list[tuple[Storage, int]]
    #: Keys of storages whose record is longer than it has to be.
    long: list[str]
    #: Numbered records that no pickle asks for.
    unused: list[str]


def check(files: TorchZip, folder: str, stem: str, scans: Iterable[PickleScan]) -> Records:
    """Compare the storages that the pickle `stem` in a folder asks for with the records of the archive."""
    found = Records([], [], [], [])
    needed: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for storage in (storage for scan in scans for storage in scan.storages):
        size = storage.size or 0
        needed[storage.key] = max(size, needed.get(storage.key, 0))
        record = record_of(files, folder, stem, storage.key)
        if record is not None:
            there = sizes[storage.key] = min(map(content_size, record))
            if there < size:
                found.short.append((storage, there))
        elif storage.numel:
            # Loaders do not look for a record that has nothing in it.
            found.missing.append(storage)
    found.long.extend(key for key, there in sizes.items() if there > needed[key])
    prefix = f"{folder}{stem}/"
    keys = {key.lower() for key in needed}
    numbers = (name[len(prefix) :] for name in files.by_name if name.startswith(prefix))
    found.unused.extend(number for number in numbers if number.isdigit() and number not in keys)
    return found


def record_of(files: TorchZip, folder: str, stem: str, key: str) -> list[ZipMember] | None:
    """Return the members that a loader may take for the record of a storage; None if there is none."""
    places = (f"{stem}/",) if stem in ("data", "constants") else (f"{stem}/", *_SHARED)
    for place in places:
        for suffix in ("", _SUFFIX):
            found = files.by_name.get(f"{folder}{place}{key}{suffix}".lower())
            if found is not None:
                return found
    return None


def content_size(member: ZipMember) -> int:
    """Return how many bytes a member has at most: what is stored as it is cannot have more than are there."""
    there = member.source.size
    return member.size if there is None else min(member.size, there)
