"""transformers, diffusers and the libraries around them: models, configurations, training arguments, enumerations."""

from __future__ import annotations

from tables.group import Group
from tables.groups.pytorch import NEWEST
from tables.lists import pins, words

NEWEST_TRANSFORMERS = "transformers==4.57.3"

GROUPS = (
    Group(
        "transformers",
        (
            *pins("transformers", "2.11.0 3.5.1 4.10.3 4.25.1 4.40.2 4.57.3"),
            *pins("pytorch-transformers", "1.2.0"),
            *pins("pytorch-pretrained-bert", "0.6.2"),
        ),
        classes=words(
            """
            transformers.training_args* transformers.trainer_utils transformers.trainer_pt_utils
            transformers.trainer_callback transformers.trainer_seq2seq transformers.integrations*
            transformers.generation* transformers.deepspeed* transformers.configuration_utils
            transformers.configuration_* transformers.modeling_* transformers.models.*.modeling_*
            transformers.models.*.configuration_* transformers.activations transformers.file_utils
            transformers.utils.generic transformers.utils.quantization_config transformers.optimization
            transformers.pytorch_utils transformers.cache_utils transformers.tokenization_*
            transformers.models.*.tokenization_* transformers.utils.import_utils transformers.debug_utils
            transformers.data.data_collator transformers.modelcard transformers.image_utils
            transformers.feature_extraction_utils transformers.image_processing_*
            transformers.models.*.image_processing_* transformers.models.*.feature_extraction_*
            transformers.models.*.processing_* transformers.processing_utils transformers.loss*
            transformers.adapters* transformers.modeling_rope_utils transformers.masking_utils pytorch_transformers*
            pytorch_pretrained_bert*
            """
        ),
        functions=words(
            """
            transformers.activations transformers.data.data_collator transformers.optimization
            transformers.pytorch_utils transformers.modeling_utils
            """
        ),
        leave=words(
            """
            *modeling_tf_* *modeling_flax_* *.auto.* *modeling_auto* *configuration_auto* *tokenization_auto*
            *.convert_* *_tf_utils *_flax_utils *.tf_* *.flax_* *.modeling_tf_utils transformers.modeling_gguf*
            """
        ),
        needs=(NEWEST,),
    ),
    Group(
        "diffusers",
        (*pins("diffusers", "0.10.2 0.21.4 0.35.2"),),
        classes=words(
            """
            diffusers.models* diffusers.configuration_utils diffusers.schedulers* diffusers.utils.outputs
            diffusers.training_utils diffusers.image_processor diffusers.pipelines.*modeling*
            """
        ),
        leave=words("*flax*"),
        needs=(
            NEWEST,
            NEWEST_TRANSFORMERS,
            "huggingface-hub==0.36.0",
        ),
    ),
    Group(
        "huggingface",
        (
            *pins("accelerate", "0.12.0 0.20.3 0.28.0 1.12.0"),
            *pins("peft", "0.4.0 0.9.0 0.13.2 0.18.0"),
            *pins("trl", "0.7.11 0.11.4 0.25.1"),
            *pins("sentence-transformers", "2.7.0 3.4.1 5.1.2"),
            *pins("tokenizers", "0.22.1"),
        ),
        classes=words(
            """
            accelerate.state accelerate.utils.dataclasses accelerate.utils.constants accelerate.scheduler
            accelerate.optimizer accelerate.data_loader accelerate.parallelism_config peft.config peft.peft_model
            peft.mixed_model peft.utils.* peft.tuners* trl.trainer.*config* trl.trainer.training_configs
            trl.trainer.utils trl.models* trl.core trl.extras* sentence_transformers*
            tokenizers
            """
        ),
        functions=words("sentence_transformers.util* sentence_transformers.losses*"),
        compiled=words("tokenizers.tokenizers"),
        leave=words(
            """
            *.tf_* peft.utils.hotswap *.evaluation* *.cross_encoder.model_card* *.model_card* *.backend*
            """
        ),
        needs=(
            NEWEST,
            NEWEST_TRANSFORMERS,
            "accelerate==1.12.0",
            "huggingface-hub==0.36.0",
        ),
    ),
)
