"""PyTorch Lightning under its three names, and the metrics that its checkpoints hold."""

from __future__ import annotations

from tables.group import Group
from tables.groups.pytorch import NEWEST
from tables.lists import pins, words

GROUPS = (
    Group(
        "lightning",
        (
            *pins("pytorch-lightning", "0.9.0 1.2.10 1.5.10 1.6.5 1.9.5 2.5.5"),
            *pins("lightning", "2.0.9 2.5.5"),
            *pins("lightning-fabric", "1.9.5 2.5.5"),
            *pins("lightning-utilities", "0.3.0 0.15.2"),
            *pins("torchmetrics", "0.4.1 0.8.2 0.11.4 1.8.2"),
        ),
        classes=words(
            """
            pytorch_lightning.callbacks* lightning.pytorch.callbacks* pytorch_lightning.utilities*
            lightning.pytorch.utilities* pytorch_lightning.trainer.states lightning.pytorch.trainer.states
            pytorch_lightning.core.* lightning.pytorch.core.* pytorch_lightning.overrides*
            lightning.pytorch.overrides* lightning.fabric.utilities* lightning_fabric.utilities*
            lightning.fabric.wrappers lightning_fabric.wrappers lightning_utilities.core.* torchmetrics*
            pytorch_lightning.metrics* pytorch_lightning.loops* lightning.pytorch.loops*
            pytorch_lightning.profilers* lightning.pytorch.profilers* pytorch_lightning.trainer.supporters
            lightning.pytorch.trainer.connectors.logger_connector.result
            pytorch_lightning.trainer.connectors.logger_connector.result lightning.fabric.plugins.precision*
            lightning.pytorch.plugins.precision* pytorch_lightning.plugins.precision*
            """
        ),
        functions=words("torchmetrics.functional* torchmetrics.utilities.data"),
        leave=words(
            """
            *.cli* *.testing* *.cloud_io *.upgrade_checkpoint* *.consolidate_checkpoint* *.migration* *.spike*
            *.loggers*
            """
        ),
        needs=(NEWEST,),
    ),
)
