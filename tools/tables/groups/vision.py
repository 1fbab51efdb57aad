"""Vision, audio and graph libraries whose whole models are pickled."""

from __future__ import annotations

from tables.group import Group

from .pytorch import NEWEST

YOLOV5 = tuple(f"yolov5=={version}" for version in ("5.0.10", "6.0.7", "6.1.9", "6.2.3", "7.0.14"))


def repository(module: str) -> str:
    """Return the module as it is called when the repository itself is run, which is how most files were saved."""
    return module.removeprefix("yolov5.") if hasattr(str, "removeprefix") else module[len("yolov5.") :]


GROUPS = (
    Group(
        "torchvision",
        tuple(
            f"torchvision=={version}"
            for version in (
                "0.2.2.post3", "0.4.2", "0.6.1", "0.8.2", "0.11.3", "0.14.1", "0.15.2", "0.19.1", "0.24.1",
            )
        ),
        classes=("torchvision.models*", "torchvision.ops*", "torchvision.transforms*", "torchvision.tv_tensors*", "torchvision.datapoints*"),
        functions=("torchvision.models*", "torchvision.ops*", "torchvision.transforms*"),
        leave=("torchvision.models._api", "torchvision.models.utils", "torchvision.models.*.utils"),
        needs=(NEWEST,),
    ),
    Group(
        "timm",
        tuple(f"timm=={version}" for version in ("0.3.4", "0.4.12", "0.6.13", "0.9.16", "1.0.22")),
        classes=("timm.models*", "timm.layers*", "timm.loss*", "timm.optim*", "timm.scheduler*", "timm.utils.model_ema", "timm.data.constants", "timm.data.mixup", "timm.data.transforms*"),
        functions=("timm.layers*", "timm.models.layers*"),
        leave=("timm.models._hub", "timm.models.hub", "timm.models._factory", "timm.models.factory", "timm.models.helpers", "timm.models._helpers"),
        needs=(NEWEST,),
    ),
    Group(
        "ultralytics",
        (
            *(f"ultralytics=={version}" for version in ("8.0.20", "8.0.59", "8.0.100", "8.0.150", "8.0.196", "8.1.47", "8.2.103", "8.3.225")),
            *YOLOV5,
        ),
        classes=(
            "ultralytics.nn*", "ultralytics.utils", "ultralytics.utils.loss", "ultralytics.utils.tal", "ultralytics.utils.torch_utils", "ultralytics.yolo.utils",
            "ultralytics.yolo.utils.loss", "ultralytics.yolo.utils.tal", "ultralytics.yolo.utils.torch_utils", "ultralytics.yolo.v8*", "ultralytics.models.*", "ultralytics.vit*",
            "ultralytics.utils.metrics", "yolov5.models*", "yolov5.utils.activations", "yolov5.utils.loss", "yolov5.utils.torch_utils", "yolov5.utils.autoanchor",
            "ultralytics.engine.results", "ultralytics.utils.instance", "ultralytics.utils.ops",
        ),
        leave=("ultralytics.nn.autobackend", "*.predict", "*.val", "*.train", "*.model", "ultralytics.nn.text_model"),
        needs=(NEWEST, "torchvision==0.24.1"),
    ),
    Group(
        "yolov5",
        YOLOV5,
        classes=("yolov5.models*", "yolov5.utils.activations", "yolov5.utils.loss", "yolov5.utils.torch_utils"),
        needs=(NEWEST,),
        shown=repository,
    ),
    Group(
        "torch_companions",
        (
            *(f"torchaudio=={v}" for v in ("0.7.2", "0.12.1", "2.2.2", "2.9.1")),
            *(f"torchtext=={v}" for v in ("0.4.0", "0.8.1", "0.11.2", "0.18.0")),
            *(f"torch-geometric=={v}" for v in ("2.4.0", "2.7.0")),
            *(f"segmentation-models-pytorch=={v}" for v in ("0.2.1", "0.3.4", "0.5.0")),
            "pytorch-tabnet==4.1.0",
            "stable-baselines3==1.8.0",
            "stable-baselines3==2.7.0",
            "gpytorch==1.14.2",
            "einops==0.8.1",
            "yacs==0.1.8",
        ),
        classes=(
            "torchaudio.models*", "torchaudio.transforms*", "torchaudio.functional*", "torchtext.vocab*", "torchtext.data*", "torchtext.modules*", "torchtext.models*", "torchtext.transforms*",
            "torchtext.legacy*", "torch_geometric.data*", "torch_geometric.nn*", "torch_geometric.typing", "torch_geometric.transforms*", "torch_geometric.utils*", "torch_geometric.loader*", "torch_geometric.edge_index",
            "torch_geometric.index", "segmentation_models_pytorch*", "gpytorch*", "stable_baselines3*", "pytorch_tabnet*", "einops*", "yacs*",
        ),
        functions=("torchaudio.functional*", "torchtext.data.utils", "torchtext.data.functional", "torch_geometric.nn*", "stable_baselines3.common.utils"),
        leave=("*.datasets*", "*.download*", "*.cli*", "*.pretrained*", "*.hub*", "*.utils.download", "*.bundle*", "*.profile*", "torch_geometric.data.lightning*", "*.sampler*", "torch_geometric.data.download",
               "torch_geometric.data.extract", "torch_geometric.data.makedirs", "*.io*"),
        needs=(NEWEST, "torchvision==0.24.1", "timm==1.0.22"),
    ),
)  # fmt: skip
