"""Archives with random damage: what Python's tarfile would hand out must have been scanned."""

from __future__ import annotations

import io
import random
import tarfile

import pytest

import modelaudit
from assembly import EVIL
from test_tar import END, add, file, header, honest, pax, sparse, usual

#: Values that fields of a header are set to, apart from single characters.
SIZES = (
    b"00000000000\0", b"0000000001\0\0", b"\x80" + bytes(10) + b"\x23", b"         43 ", b"43 \0 junk\0\0\0",
    b"0o43\0\0\0\0\0\0\0\0", b"4_3\0\0\0\0\0\0\0\0\0", b"00000001000\0", b"-1\0\0\0\0\0\0\0\0\0\0",
)  # fmt: skip
MAGICS = (b"ustar\x0000", b"ustar  \0", bytes(8))
FIELDS = (0, 0, 99, 124, 130, 135, 148, 156, 156, 156, 157, 257, 262, 345, 386, 400, 482, 483)


def usual_and_evil(archive: tarfile.TarFile) -> None:
    usual(archive)
    add(archive, "x/evil.pkl", EVIL)
    add(archive, "y" * 130, EVIL)
    add(archive, "z")


WHOLE = (
    honest(tarfile.PAX_FORMAT, usual_and_evil),
    honest(tarfile.GNU_FORMAT, usual_and_evil),
    file() + file(b"e.pkl", EVIL) + END + file(b"f", EVIL) + END,
    pax(("size", str(len(EVIL)))) + header(b"a", 0) + EVIL.ljust(512, b"\0") + END,
    b"".join(sparse(form, [(0, len(EVIL))], len(EVIL), EVIL) for form in ("gnu", "0.1", "1.0")) + END,
)


def damaged(whole: bytes, chance: random.Random) -> bytes:
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 2, 4))):
        block = chance.randrange(len(data) // 512) * 512
        kind = chance.randrange(10)
        if kind < 5:
            place = block + chance.choice(FIELDS) + chance.randrange(3)
            data[place : place + 1] = bytes([chance.choice(b"\0 0123456789xgLKSDVNMX/.-\x80\xff_o+a")])
        elif kind == 5:
            data[block + 124 : block + 136] = chance.choice(SIZES)
        elif kind == 6:
            del data[block : block + 512]
        elif kind == 7:
            data[block:block] = bytes(512 * chance.choice((1, 2)))
        elif kind == 8:
            other = chance.randrange(len(data) // 512) * 512
            data[block:block] = data[other : other + 512]
        else:
            data[block + 257 : block + 265] = chance.choice(MAGICS)
        repair(data, chance)
    return bytes(data)


def repair(data: bytearray, chance: random.Random) -> None:
    """Make most checksums right again: an attacker would."""
    for start in range(0, len(data) - 511, 512):
        if bytes(data[start + 148 : start + 156]).strip(b"\0 ").isdigit() and chance.random() < 0.9:
            total = sum(data[start : start + 148]) + 8 * 32 + sum(data[start + 156 : start + 512])
            data[start + 148 : start + 156] = b"%06o\0 " % total


def hands_out_evil(data: bytes, ignore_zeros: bool) -> bool:
    try:
        with tarfile.open(fileobj=io.BytesIO(data), ignore_zeros=ignore_zeros) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None and content.read(100_000).startswith(EVIL):
                    return True
    except (tarfile.TarError, ValueError, OSError, OverflowError):
        pass
    return False


@pytest.mark.parametrize("seed", range(4))
def test_what_a_reader_would_hand_out_is_scanned(seed: int) -> None:
    chance = random.Random(seed)
    seen = 0
    for number in range(500):
        data = damaged(WHOLE[number % len(WHOLE)], chance)
        if hands_out_evil(data, ignore_zeros=False) or hands_out_evil(data, ignore_zeros=True):
            seen += 1
            report = modelaudit.scan_bytes(data, "weights.bin")
            assert "PKL101" in {issue.rule for issue in report.issues}, data.hex()
    assert seen > 250
