"""Configuration objects that checkpoints hold."""

from __future__ import annotations

from tables.group import Group

GROUPS = (
    Group(
        "configuration",
        (
            *(f"omegaconf=={v}" for v in ("1.4.1", "2.0.6", "2.3.0")),
            *(f"addict=={v}" for v in ("2.4.0",)),
            *(f"easydict=={v}" for v in ("1.13",)),
            *(f"munch=={v}" for v in ("4.0.0", "2.5.0")),
            *(f"ml-collections=={v}" for v in ("1.1.0",)),
            *(f"attrs=={v}" for v in ("25.4.0",)),
            *(f"pytz=={v}" for v in ("2019.3", "2025.2")),
            *(f"python-dateutil=={v}" for v in ("2.9.0.post0",)),
            *(f"sortedcontainers=={v}" for v in ("2.4.0",)),
            *(f"frozendict=={v}" for v in ("2.4.6",)),
            *(f"networkx=={v}" for v in ("2.8.8", "3.5")),
            *(f"packaging=={v}" for v in ("25.0",)),
        ),
        classes=("omegaconf.*", "addict.*", "easydict*", "munch*", "ml_collections.config_dict.*", "attr._make", "pytz*", "dateutil.tz.tz", "dateutil.relativedelta", "sortedcontainers.*", "networkx.classes.*", "packaging.version", "packaging._structures"),
        leave=("omegaconf.grammar*", "omegaconf.resolvers*", "*.cache", "*.sympify", "*.parameters", "*.benchmarks*"),
    ),
)  # fmt: skip
