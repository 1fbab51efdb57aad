"""What loaders of models read in manifests: the keys they act on, and the libraries whose names are ordinary there."""

from __future__ import annotations

#: Keys whose text is a dotted name that a loader imports and then calls, with the loader that does so.
TARGETS = {
    "_target_": "Hydra",
    "class_path": "jsonargparse",
    "py/object": "jsonpickle",
    "py/function": "jsonpickle",
    "py/type": "jsonpickle",
    "()": "logging",
}

#: Keys whose text is a module that a loader imports.
MODULES = {"loader_module": "MLflow", "py/mod": "jsonpickle"}

#: Keys with texts that jsonpickle before 0.8 evaluated: module, a slash, an expression.
EVALUATED = ("py/repr",)

#: Keys with names that only some programs import: nothing is said of them unless they name something dangerous, or
#: stand beside the key that the importing program asks for.
SOMETIMES = {
    "target": "params",
    "module": "",
    "class": "",
    "factory": "",
    "handler": "",
    "entry_point": "",
    "callable": "",
}

#: Keys that Hugging Face libraries resolve to code in a repository, once they are told to trust it.
REPOSITORY_CODE = ("auto_map", "custom_pipelines", "custom_pipeline", "custom_generate")

#: Keys that choose an implementation of attention; one with a slash is a repository of kernels, loaded without asking.
KERNELS = (
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_internal",
    "_attn_implementation_autoset",
)

#: Keys that hold Jinja templates.
TEMPLATES = ("chat_template", "chat_templates")

#: Keys with the name of a file that a loader opens beside the manifest.
FILES = frozenset(
    (
        "added_tokens_file",
        "bpe_file",
        "codes_file",
        "emoji_file",
        "merges_file",
        "source_spm",
        "special_tokens_map_file",
        "spm_file",
        "target_spm",
        "target_vocab_file",
        "tokenizer_config_file",
        "tokenizer_file",
        "vocab_file",
        "model_file",
        "serialized_file",
        "serializedfile",
        "model_path",
        "pickled_model",
        "model_data",
        "python_model",
        "weights_path",
        "checkpoint_path",
    )
)

#: Keys with a command that a runner hands to a shell.
COMMANDS = frozenset(
    ("args", "cmd", "command", "entrypoint", "exec", "run", "script", "on_start", "postinstall", "preinstall")
)

#: Modules of the standard library that others import: in the middle of a dotted name they are a way out of it.
WAYS_OUT = frozenset(
    """
    builtins code codecs commands ctypes importlib marshal multiprocessing nt os pickle pkgutil platform posix pty
    pydoc runpy shutil socket subprocess sys tempfile timeit urllib webbrowser
    """.split()  # noqa: SIM905 - a list of words reads better than one of quotes
)

#: Libraries whose classes a configuration may name: they are installed, and known not to run what they are given.
LIBRARIES = frozenset(
    """
    FlagEmbedding accelerate albumentations allennlp apex audiocraft bertopic bitsandbytes catboost cldm composer
    datasets detectron2 dgl diffusers e3nn einops espnet espnet2 evaluate fairseq fairseq2 flair flash_attn flax
    gensim gluonts gym gymnasium haystack hydra hydra_plugins imblearn jax keras keras_core kornia langchain ldm
    lightgbm lightning lightning_fabric lightning_utilities llama_index llmfoundry megatron mindspore mlflow mmcls
    mmcv mmdet mmengine mmpose mmpretrain mmseg model2vec modelscope monai nemo neuralforecast numpy omegaconf
    onnxruntime open_clip optax optimum paddle paddlenlp pandas peft pylate pytorch_forecasting pytorch_lightning
    ray recbole sb3_contrib scipy segmentation_models_pytorch sentence_transformers setfit sgm skimage sklearn
    skorch spacy span_marker speechbrain stable_baselines3 stanza streaming swift taming tensorflow tf_keras thinc
    tianshou timm tokenizers torch torch_geometric torchaudio torchmetrics torchsde torchtext torchvision
    transformer_engine transformers trl uni2ts vector_quantize_pytorch wandb xformers xgboost
    """.split()  # noqa: SIM905 - a list of words reads better than one of quotes
)

#: Below these, functions are as ordinary as classes.
FUNCTIONS = (
    "monai.transforms.",
    "monai.utils.",
    "nemo.core.",
    "segmentation_models_pytorch.",
    "tensorflow.keras.",
    "torch.nn.functional.",
    "torch.nn.init.",
    "torch.optim.lr_scheduler.",
    "torchmetrics.functional.",
    "torchvision.models.",
    "torchvision.transforms.",
    "transformers.get_",
    "transformers.optimization.get_",
)

#: Callables that only load another model, as its name in any other key would make a loader do.
MODEL_LOADERS = (
    *(".from_config", ".from_pretrained", ".restore_from", "datasets.load_dataset", "datasets.load_from_disk"),
    *("timm.create_model", "transformers.pipeline"),
)

#: Objects that Hydra itself writes into the configuration of every run, from modules that are dangerous otherwise.
WRITTEN = frozenset(
    (
        "hydra._internal.BasicLauncher",
        "hydra._internal.core_plugins.basic_launcher.BasicLauncher",
        "hydra._internal.core_plugins.basic_sweeper.BasicSweeper",
    )
)

#: Modules inside of `diffusers.pipelines`, which a model index may name like a library (diffusers 0.4 to 0.42).
PIPELINES = frozenset(
    """
    ace_step allegro alt_diffusion amused animatediff anyflow audio_diffusion audioldm audioldm2 aura_flow
    blip_diffusion bria bria_fibo chroma cogvideo cogview3 cogview4 consisid consistency_models controlnet
    controlnet_hunyuandit controlnet_sd3 controlnet_xs cosmos dance_diffusion ddim ddpm deepfloyd_if deprecated dit
    easyanimate flux flux2 hidream_image hunyuan_image hunyuan_video hunyuandit i2vgen_xl kandinsky kandinsky2_2
    kandinsky3 kandinsky5 kolors latent_consistency_models latent_diffusion latent_diffusion_uncond latte ledits_pp
    ltx ltx2 lumina lumina2 marigold mochi musicldm omnigen pag paint_by_example pia pixart_alpha pndm qwenimage
    repaint sana sana_video score_sde_ve semantic_stable_diffusion shap_e skyreels_v2 spectrogram_diffusion
    stable_audio stable_cascade stable_diffusion stable_diffusion_3 stable_diffusion_gligen
    stable_diffusion_k_diffusion stable_diffusion_ldm3d stable_diffusion_panorama stable_diffusion_safe
    stable_diffusion_sag stable_diffusion_xl stable_video_diffusion stochastic_karras_ve t2i_adapter
    text_to_video_synthesis unclip unidiffuser versatile_diffusion visualcloze vq_diffusion wan wuerstchen z_image
    """.split()  # noqa: SIM905 - a list of words reads better than one of quotes
)

#: Contracts of safe callables that hold whatever a manifest gives them: what they make is data.
HARMLESS_CALLS = frozenset(
    (
        "any",
        "array-with-state",
        "bytes-buffer",
        "codec-encode",
        "data-iterable",
        "default-factory",
        "ndarray-reconstruct",
        "never",
        "newobj",
        "partial",
        "random-ctor",
        "rebuild-from-type",
        "reconstructor",
        "subscript",
        "type-name",
        "type-of",
    )
)
