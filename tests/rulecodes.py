"""What a rule's code looks like in sources and tests."""

from __future__ import annotations

import re

#: The families of rules, as the catalogue orders them.
FAMILIES = "BLK|BST|CMP|ENG|GGU|HDF|JOB|KER|MAN|MSG|NPY|ONX|PAY|PKL|PTH|RDS|SEC|SKO|STN|TAR|TFG|TPL|WGT|ZIP"

CODE = re.compile(rf"\b(?:{FAMILIES})\d{{3}}\b")
