"""Zip files of torch: which folders hold a model, and which member `torch.load` takes where there are several.

Sources: `caffe2/serialize/inline_container.cc` (the first entry of the directory names the root; names are looked up
without regard to case), `torch/serialization.py`, and miniz, whose index of names is sorted by heap and searched by
halves, so that among members of one name the place in that index decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelaudit._native import ZipMember
    from modelaudit.formats.base import Archive

#: Pickles that torch's loaders ask for by name, in the order in which they ask.
ENTRIES = ("constants.pkl", "data.pkl")

#: What TorchScript wrote in their place before torch 1.4, with tensors in a folder of their own.
_OLD_ENTRY = "model.json"

#: Records besides them that tell a folder of torch from any other with a `data.pkl`.
_RECORDS = ("version", "byteorder", ".data/version", ".format_version", ".storage_alignment", ".data/serialization_id")

#: Records that torch's packages have besides: what they import from outside, and the version of Python they want.
_PACKAGE = (".data/extern_modules", ".data/python_version")

#: Folders inside each other that are looked at. Torch writes a model's at the first level.
_DEPTH = 16

#: Members among which a look-up by halves is followed. Sorting takes Python a second for ten times as many.
_FOLLOWED = 10_000


def torch_zip(archive: Archive) -> TorchZip | None:
    """Return the view of an archive that torch might read; None for any other, by a glance at the names."""
    if any(f"{entry}\n" in archive.glance for entry in (*ENTRIES, _OLD_ENTRY, *_PACKAGE)):
        return TorchZip(archive)
    return None


class TorchZip:
    """The members of an archive by name, and the folders among them that hold a model."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._index: list[tuple[bytes, ZipMember]] = []
        self.by_name: dict[str, list[ZipMember]] = {}
        for name, member in zip(archive.names, archive.all):
            self.by_name.setdefault(_lowered(name), []).append(member)
        #: Folders with a model, each as its name with a slash, "" for the archive itself.
        self.folders = self._folders()
        #: Those of them whose model is scripted: there are constants, data, and code for its classes.
        self.scripted = self._scripted()
        #: Whether it is a package: its Python source is imported.
        self.is_package = any(name.endswith(_PACKAGE) for name in self.by_name)

    def _folders(self) -> frozenset[str]:
        numbered = {name.rpartition("/")[0] for name in self.by_name if name.rpartition("/")[2].isdigit()}

        def is_torch(folder: str) -> bool:
            records = any(folder + record in self.by_name for record in _RECORDS)
            return records or f"{folder}data" in numbered or f"{folder}constants" in numbered

        found = set()
        for name in self.by_name:
            folder, slash, last = name.rpartition("/")
            folder += slash
            if (last in ENTRIES and is_torch(folder)) or (last == _OLD_ENTRY and f"{folder}tensors" in numbered):
                found.add(folder)
        return frozenset(found)

    def _scripted(self) -> frozenset[str]:
        names = self.by_name
        whole = {folder for folder in self.folders if all(folder + entry in names for entry in ENTRIES)}
        whole |= {folder for folder in self.folders if folder + _OLD_ENTRY in names}
        sources = (name for name in self.by_name if name.endswith(".py"))
        return frozenset(folder for folder in map(self.folder_of, sources) if folder in whole)

    def folder_of(self, name: str) -> str | None:
        """Return the outermost folder of a model in which a member lies; None if it lies in none."""
        lowered = _lowered(name)
        end = 0
        for _ in range(_DEPTH):
            if lowered[:end] in self.folders:
                return lowered[:end]
            end = lowered.find("/", end) + 1
            if not end:
                break
        return None

    @property
    def root(self) -> str | None:
        """The folder that torch takes for the model's, with its slash; None if it refuses the archive."""
        listed = self._listed()
        if not listed:
            return None
        folder, slash, _ = _lowered(listed[0][0]).partition("/")
        return folder + slash if slash else None

    def chosen(self, name: str) -> ZipMember | None:
        """Return the member that torch reads under a name of which there are several; None if that is not known."""
        if len(self._archive.names) > _FOLLOWED:
            return None
        self._index = self._index or _sorted(self._listed())
        low, high = 0, len(self._index) - 1
        key = _key(name)
        while low <= high:
            middle = (low + high) // 2
            found, member = self._index[middle]
            if found == key:
                return member
            if found < key:
                low = middle + 1
            else:
                high = middle - 1
        return None

    def _listed(self) -> list[tuple[str, ZipMember]]:
        """Members as the directory lists them, each once."""
        places = {}
        for name, member in zip(self._archive.names, self._archive.all):
            at = member.listed_at
            if at is not None and not member.variant:
                places[at] = (name, member)
        return [places[at] for at in sorted(places)]


def _lowered(name: str) -> str:
    return name.lower()


def _key(name: str) -> bytes:
    return _lowered(name).encode()


def _sorted(listed: list[tuple[str, ZipMember]]) -> list[tuple[bytes, ZipMember]]:
    """Sort by heap, as miniz does: what becomes of equal names depends on it."""
    heap = [(_key(name), member) for name, member in listed]

    def sift(root: int, end: int) -> None:
        while (child := 2 * root + 1) < end:
            if child + 1 < end and heap[child][0] < heap[child + 1][0]:
                child += 1
            if heap[root][0] >= heap[child][0]:
                return
            heap[root], heap[child] = heap[child], heap[root]
            root = child

    for start in range((len(heap) - 2) // 2, -1, -1):
        sift(start, len(heap))
    for end in range(len(heap) - 1, 0, -1):
        heap[0], heap[end] = heap[end], heap[0]
        sift(0, end)
    return heap
