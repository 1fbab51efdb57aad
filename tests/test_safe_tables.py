"""The safe tables as data, honest streams of each library, and names beside them that never become safe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import modelaudit
from assembly import named

FOLDER = Path(__file__).parent.parent / "rust" / "rules" / "callables" / "safe"
GROUPS = sorted(FOLDER.glob("*.tsv"))
RIGHTS = re.compile(r"refer( new)?( call(\([a-z-]+\))?)?( build(\([a-z-]+\))?)?( append)?( setitem)?")

#: Groups read from libraries, each with classes that whole models of it are made of.
MODULES = [
    ("torch_enumerated", "torch.nn.modules.linear", "Linear"),
    ("torch_enumerated", "torch.nn.modules.rnn", "LSTM"),
    ("torch_enumerated", "torch.nn.parallel.data_parallel", "DataParallel"),
    ("torch_enumerated", "torch.nn.quantized.modules.linear", "Linear"),
    ("torch_enumerated", "torch.optim.adamw", "AdamW"),
    ("torch_enumerated", "torch.optim.lr_scheduler", "StepLR"),
    ("torch_enumerated", "torch.optim.swa_utils", "AveragedModel"),
    ("torch_enumerated", "torch.distributions.normal", "Normal"),
    ("torch_enumerated", "torch.utils.data.dataset", "TensorDataset"),
    ("torchvision", "torchvision.models.resnet", "ResNet"),
    ("torchvision", "torchvision.models.detection.faster_rcnn", "FasterRCNN"),
    ("timm", "timm.models.vision_transformer", "VisionTransformer"),
    ("timm", "timm.models.layers.drop", "DropPath"),
    ("ultralytics", "ultralytics.nn.tasks", "DetectionModel"),
    ("ultralytics", "ultralytics.nn.modules.conv", "Conv"),
    ("ultralytics", "ultralytics.nn.modules", "Conv"),
    ("ultralytics", "ultralytics.utils", "IterableSimpleNamespace"),
    ("ultralytics", "ultralytics.yolo.utils", "IterableSimpleNamespace"),
    ("yolov5", "models.yolo", "DetectionModel"),
    ("yolov5", "models.common", "Conv"),
    ("lightning", "pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint"),
    ("lightning", "lightning.pytorch.callbacks.early_stopping", "EarlyStopping"),
    ("transformers", "transformers.models.bert.modeling_bert", "BertModel"),
    ("transformers", "transformers.models.bert.configuration_bert", "BertConfig"),
    ("transformers", "transformers.modeling_bert", "BertModel"),
    ("transformers", "transformers.training_args", "TrainingArguments"),
    ("language", "gensim.models.keyedvectors", "KeyedVectors"),
    ("configuration", "omegaconf.dictconfig", "DictConfig"),
    ("configuration", "omegaconf.nodes", "AnyNode"),
    ("sklearn", "sklearn.ensemble._forest", "RandomForestClassifier"),
    ("sklearn", "sklearn.ensemble.forest", "RandomForestClassifier"),
    ("sklearn", "sklearn.tree._tree", "Tree"),
    ("sklearn", "sklearn.metrics._dist_metrics", "ChebyshevDistance32"),
    ("xgboost", "xgboost.sklearn", "XGBClassifier"),
    ("xgboost", "xgboost.core", "Booster"),
    ("lightgbm", "lightgbm.basic", "Booster"),
    ("catboost", "catboost.core", "CatBoostClassifier"),
    ("estimators", "imblearn.pipeline", "Pipeline"),
    ("estimators", "statsmodels.regression.linear_model", "OLSResults"),
    ("pandas", "pandas.core.internals.managers", "BlockManager"),
    ("pandas_enumerated", "pandas.core.internals.managers", "BaseBlockManager"),
    ("scipy", "scipy.sparse.csr", "csr_matrix"),
]

ENUMERATIONS = [
    ("transformers.trainer_utils", "IntervalStrategy", "steps"),
    ("transformers.trainer_utils", "SchedulerType", "linear"),
    ("transformers.training_args", "OptimizerNames", "adamw_torch"),
    ("accelerate.utils.dataclasses", "DistributedType", "NO"),
]

#: Names of the same libraries that load, fetch, write, compile or run, and functions that call what they are given.
NOT_SAFE = [
    "torch.load",
    "torch.serialization.load",
    "torch.hub.load",
    "torch.jit.load",
    "torch.package.PackageImporter",
    "torch.compile",
    "torch.from_file",
    "torch.utils.cpp_extension.load",
    "torch.ops.load_library",
    "torch.classes.load_library",
    "torch._inductor.codecache.compile_file",
    "torch._dynamo.guards.GuardBuilder.get",
    "torch.utils.collect_env.run",
    "torch.utils.bottleneck.__main__.run_prof",
    "torch.utils._config_module.ConfigModule.load_config",
    "torch.distributed.rpc.rpc_sync",
    "torch.distributed.elastic.multiprocessing.start_processes",
    "torch.fx.graph_module.reduce_graph_module",
    "numpy.load",
    "numpy.save",
    "numpy.savez",
    "numpy.fromfile",
    "numpy.memmap",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "numpy.ctypeslib.load_library",
    "numpy.f2py.compile",
    "numpy.testing.rundocs",
    "numpy.distutils.exec_command",
    "numpy.apply_along_axis",
    "numpy.frompyfunc",
    "numpy.fromfunction",
    "numpy.piecewise",
    "pandas.read_pickle",
    "pandas.read_csv",
    "pandas.eval",
    "pandas.core.frame.DataFrame.query",
    "pandas.core.frame.DataFrame.eval",
    "pandas.core.generic.NDFrame.to_pickle",
    "scipy.io.loadmat",
    "scipy.LowLevelCallable",
    "joblib.load",
    "joblib.dump",
    "joblib.Memory",
    "joblib.Parallel",
    "joblib.delayed",
    "sklearn.datasets.load_files",
    "sklearn.datasets.fetch_openml",
    "sklearn.utils._testing.raises",
    "xgboost.core.Booster.load_model",
    "transformers.modeling_utils.PreTrainedModel.from_pretrained",
    "transformers.models.auto.auto_factory.get_values",
    "transformers.pipelines.pipeline",
    "huggingface_hub.hf_hub_download",
    "datasets.load_dataset",
    "keras.models.load_model",
    "keras.utils.get_file",
    "tensorflow.io.read_file",
    "tensorflow.py_function",
    "tensorflow.load_op_library",
    "tensorflow.saved_model.load",
    "onnx.load",
    "onnx.save",
    "onnx.hub.load",
    "mlflow.pyfunc.load_model",
    "cloudpickle.loads",
    "cloudpickle.cloudpickle._make_function",
    "dill.loads",
    "dill._dill._create_code",
    "dill._dill._create_function",
    "dill._dill._eval_repr",
    "hydra.utils.instantiate",
    "omegaconf.OmegaConf.register_new_resolver",
    "yaml.load",
    "yaml.unsafe_load",
    "fsspec.open",
    "gensim.utils.unpickle",
    "nltk.data.load",
    "spacy.load",
    "ultralytics.utils.checks.check_requirements",
    "ultralytics.utils.downloads.download",
    "lightning.pytorch.cli.LightningCLI",
    "timm.models._hub.load_state_dict_from_hf",
    "torchvision.models.utils.load_state_dict_from_url",
    "sklearn.tree._export.export_graphviz",
    "torch.nn.utils.stateless.functional_call",
]


def entries(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t")[:2] for line in lines if not line.startswith("#"))


def rules(body: bytes) -> list[str]:
    return [issue.rule for issue in modelaudit.scan_bytes(b"\x80\x04" + body + b".", "m.pkl").issues]


@pytest.mark.parametrize("path", GROUPS, ids=lambda path: path.stem)
def test_a_group_names_its_source_and_its_rights_are_well_formed(path: Path) -> None:
    first, second, *rows = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# Enumerated by tools/safe_tables.py from \S+ \d|# .*Written by hand", first)
    assert second.startswith("# Columns: module:name, rights (refer, ")
    assert rows
    for row in rows:
        key, rights = row.split("\t")[:2]
        assert RIGHTS.fullmatch(rights), row
        assert re.fullmatch(r"[\w.]+:\w+(\.\w+)*", key), "exact names only, no prefix"


def test_groups_are_not_empty_shells() -> None:
    sizes = {path.stem: len(entries(path)) for path in GROUPS}
    assert sizes["sklearn"] > 2000
    assert sizes["torch_enumerated"] > 1200
    assert sizes["builtins"] > 400
    assert {group for group, _, _ in MODULES} <= set(sizes)


@pytest.mark.parametrize(("group", "module", "name"), MODULES)
def test_instances_of_honest_classes_are_made_and_filled_in_silence(group: str, module: str, name: str) -> None:
    assert f"{module}:{name}" in entries(FOLDER / f"{group}.tsv")
    assert rules(named(module, name) + b")\x81}\x8c\x08training\x88sb") == []
    assert (
        rules(named("copyreg", "_reconstructor") + named(module, name) + named("builtins", "object") + b"N\x87R}b")
        == []
    )


@pytest.mark.parametrize(("module", "name", "value"), ENUMERATIONS)
def test_members_of_enumerations_are_made_by_a_call(module: str, name: str, value: str) -> None:
    assert rules(named(module, name) + b"\x8c" + bytes([len(value)]) + value.encode() + b"\x85R") == []


def test_a_class_whose_constructor_does_more_may_be_made_and_not_called() -> None:
    model = named("transformers.models.bert.modeling_bert", "BertModel")
    assert rules(model + b")\x81}b") == []
    assert rules(model + b"}\x85R}b") == ["PKL134"]


@pytest.mark.parametrize("path", NOT_SAFE)
def test_neighbours_with_effects_are_never_safe(path: str) -> None:
    module, _, name = path.rpartition(".")
    for group in GROUPS:
        found = entries(group)
        for key in found.keys() & {f"{module}:{name}", path.replace(".", ":", 1)}:
            assert found[key] == "refer", "a class may be named where its call is judged by the dangerous table"
    assert rules(named(module, name) + b")R"), path
