"""PyTorch: modules, optimisers, schedulers, distributions, samplers and data sets that only hold data."""

from __future__ import annotations

from tables.group import Group
from tables.lists import pins, words

NEWEST = "torch==2.13.0"

GROUPS = (
    Group(
        "torch_enumerated",
        (*pins("torch", "1.0.0 1.4.0 1.6.0 1.8.1 1.10.2 1.13.1 2.2.2 2.6.0 2.13.0"),),
        classes=words(
            """
            torch.nn torch.nn.* torch.optim torch.optim.* torch.distributions torch.distributions.* torch.ao.nn
            torch.ao.nn.* torch.ao.quantization* torch.quantization* torch.utils.data.sampler
            torch.utils.data.dataset torch.utils.data.distributed torch.utils.data._utils.*
            torch.utils.data.dataloader torch.ao.pruning* torch.torch_version torch.storage
            torch.distributed.tensor* torch.distributed._tensor* torch.distributed._shard*
            torch.distributed.checkpoint.metadata torch.distributed.fsdp.api torch.distributed.fsdp._fsdp_extensions
            torch.backends.cudnn.rnn torch.types torch.return_types torch.amp.grad_scaler torch.cuda.amp.grad_scaler
            torch.utils.hooks torch.cuda.memory torch.masked* torch.nested* torch._subclasses.fake_tensor
            torch.sparse* torch.serialization torch._tensor torch.distributed.algorithms.ddp_comm_hooks.*
            """
        ),
        functions=words(
            """
            torch.nn.functional torch.nn.init torch.functional torch.nn.utils torch.nn.utils.*
            torch.utils.data._utils.collate torch.nn._reduction torch.nn.modules.* torch.nn.grad torch.optim.*
            torch.quantization* torch.ao.quantization.observer torch.ao.quantization.fake_quantize
            torch.ao.quantization.qconfig
            """
        ),
        leave=words(
            """
            torch.serialization torch.cuda.memory torch.nn.cpp torch.sparse.* *.filesystem *.fx.* *.fx *._numeric*
            *.scripts* *.tools* *.debug* *._dispatch* *._collective*
            """
        ),
    ),
)
