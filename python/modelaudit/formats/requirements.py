"""Lists of packages to install (`requirements.txt`).

What it is: names of packages with versions, options of pip, addresses of packages, one a line.
What can run: installing a package runs its code; an address or an index without a name or without encryption decides
  whose.
What is checked: every line: indexes and addresses without encryption or with a host in numbers; packages that come
  from addresses.
What is not checked: the packages, and whether their names are those of well-known ones.
References: https://pip.pypa.io/en/stable/reference/requirements-file-format/.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modelaudit import manifesttext
from modelaudit.formats.base import Format
from modelaudit.manifestwords import WORDS

if TYPE_CHECKING:
    from modelaudit.formats.base import Context, Probe

_NAME = r"(?i:(?:^|[/_.-])(?:requirements?|constraints)(?:[_.-][\w.-]*)?\.(?:txt|in|pip)$)"


def _sniff(probe: Probe) -> bool:
    return re.search(_NAME, probe.name) is not None and b"\0" not in probe.head


def _scan(ctx: Context) -> None:
    from modelaudit.packagelist import scan

    scan(ctx)


FORMAT = Format(name="requirements", sniff=_sniff, scan=_scan, first=manifesttext.FIRST, words=WORDS)
