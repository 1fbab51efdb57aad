"""Vision, audio and graph libraries whose whole models are pickled."""

from __future__ import annotations

from tables.group import Group
from tables.groups.pytorch import NEWEST
from tables.lists import pins, words


def repository(module: str) -> str:
    """Return a module of yolov5 as it is called when the repository itself is run, which saved most files."""
    return module[len("yolov5.") :]


GROUPS = (
    Group(
        "torchvision",
        (*pins("torchvision", "0.2.2.post3 0.4.2 0.6.1 0.8.2 0.11.3 0.14.1 0.15.2 0.19.1 0.24.1"),),
        classes=words(
            """
            torchvision.models* torchvision.ops* torchvision.transforms* torchvision.tv_tensors*
            torchvision.datapoints*
            """
        ),
        functions=words("torchvision.models* torchvision.ops* torchvision.transforms*"),
        leave=words("torchvision.models._api torchvision.models.utils torchvision.models.*.utils"),
        needs=(NEWEST,),
    ),
    Group(
        "timm",
        (*pins("timm", "0.3.4 0.4.12 0.6.13 0.9.16 1.0.22"),),
        classes=words(
            """
            timm.models* timm.layers* timm.loss* timm.optim* timm.scheduler* timm.utils.model_ema
            timm.data.constants timm.data.mixup timm.data.transforms*
            """
        ),
        functions=words("timm.layers* timm.models.layers*"),
        leave=words(
            """
            timm.models._hub timm.models.hub timm.models._factory timm.models.factory timm.models.helpers
            timm.models._helpers
            """
        ),
        needs=(NEWEST,),
    ),
    Group(
        "ultralytics",
        (
            *pins("ultralytics", "8.0.20 8.0.59 8.0.100 8.0.150 8.0.196 8.1.47 8.2.103 8.3.225"),
            *pins("yolov5", "5.0.10 6.0.7 6.1.9 6.2.3 7.0.14"),
        ),
        classes=words(
            """
            ultralytics.nn* ultralytics.utils ultralytics.utils.loss ultralytics.utils.tal
            ultralytics.utils.torch_utils ultralytics.yolo.utils ultralytics.yolo.utils.loss
            ultralytics.yolo.utils.tal ultralytics.yolo.utils.torch_utils ultralytics.yolo.v8* ultralytics.models.*
            ultralytics.vit* ultralytics.utils.metrics yolov5.models* yolov5.utils.activations yolov5.utils.loss
            yolov5.utils.torch_utils yolov5.utils.autoanchor ultralytics.engine.results ultralytics.utils.instance
            ultralytics.utils.ops
            """
        ),
        leave=words(
            """
            ultralytics.nn.autobackend *.predict *.val *.train *.model ultralytics.nn.text_model
            """
        ),
        needs=(
            NEWEST,
            "torchvision==0.24.1",
        ),
    ),
    Group(
        "yolov5",
        (*pins("yolov5", "5.0.10 6.0.7 6.1.9 6.2.3 7.0.14"),),
        classes=words("yolov5.models* yolov5.utils.activations yolov5.utils.loss yolov5.utils.torch_utils"),
        needs=(NEWEST,),
        shown=repository,
    ),
    Group(
        "torch_companions",
        (
            *pins("torchaudio", "0.7.2 0.12.1 2.2.2 2.9.1"),
            *pins("torchtext", "0.4.0 0.8.1 0.11.2 0.18.0"),
            *pins("torch-geometric", "2.4.0 2.7.0"),
            *pins("segmentation-models-pytorch", "0.2.1 0.3.4 0.5.0"),
            *pins("pytorch-tabnet", "4.1.0"),
            *pins("stable-baselines3", "1.8.0 2.7.0"),
            *pins("gpytorch", "1.14.2"),
            *pins("einops", "0.8.1"),
            *pins("yacs", "0.1.8"),
        ),
        classes=words(
            """
            torchaudio.models* torchaudio.transforms* torchaudio.functional* torchtext.vocab* torchtext.data*
            torchtext.modules* torchtext.models* torchtext.transforms* torchtext.legacy* torch_geometric.data*
            torch_geometric.nn* torch_geometric.typing torch_geometric.transforms* torch_geometric.utils*
            torch_geometric.loader* torch_geometric.edge_index torch_geometric.index segmentation_models_pytorch*
            gpytorch* stable_baselines3* pytorch_tabnet* einops* yacs*
            """
        ),
        functions=words(
            """
            torchaudio.functional* torchtext.data.utils torchtext.data.functional torch_geometric.nn*
            stable_baselines3.common.utils
            """
        ),
        leave=words(
            """
            *.datasets* *.download* *.cli* *.pretrained* *.hub* *.utils.download *.bundle* *.profile*
            torch_geometric.data.lightning* *.sampler* torch_geometric.data.download torch_geometric.data.extract
            torch_geometric.data.makedirs *.io*
            """
        ),
        needs=(
            NEWEST,
            "torchvision==0.24.1",
            "timm==1.0.22",
        ),
    ),
)
