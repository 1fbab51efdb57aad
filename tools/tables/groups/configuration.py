"""Configuration objects that checkpoints hold."""

from __future__ import annotations

from tables.group import Group
from tables.lists import pins, words

GROUPS = (
    Group(
        "configuration",
        (
            *pins("omegaconf", "1.4.1 2.0.6 2.3.0"),
            *pins("addict", "2.4.0"),
            *pins("easydict", "1.13"),
            *pins("munch", "4.0.0 2.5.0"),
            *pins("ml-collections", "1.1.0"),
            *pins("attrs", "25.4.0"),
            *pins("pytz", "2019.3 2025.2"),
            *pins("python-dateutil", "2.9.0.post0"),
            *pins("sortedcontainers", "2.4.0"),
            *pins("frozendict", "2.4.6"),
            *pins("networkx", "2.8.8 3.5"),
            *pins("packaging", "25.0"),
        ),
        classes=words(
            """
            omegaconf.* addict.* easydict* munch* ml_collections.config_dict.* attr._make pytz* dateutil.tz.tz
            dateutil.relativedelta sortedcontainers.* networkx.classes.* packaging.version packaging._structures
            """
        ),
        leave=words(
            """
            omegaconf.grammar* omegaconf.resolvers* *.cache *.sympify *.parameters *.benchmarks*
            """
        ),
        # They resolve their own interpolations when they are compared, by resolvers the program registered.
        by_hand={
            "omegaconf.dictconfig:DictConfig": "refer new build",
            "omegaconf.listconfig:ListConfig": "refer new build",
        },
    ),
)
