"""Libraries for text and speech: flair, gensim, pyannote."""

from __future__ import annotations

from tables.group import Group

from .huggingface import NEWEST_TRANSFORMERS
from .pytorch import NEWEST

GROUPS = (
    Group(
        "language",
        (
            *(f"flair=={v}" for v in ("0.4.5", "0.8.0.post1", "0.11.3", "0.13.1", "0.15.1")),
            *(f"gensim=={v}" for v in ("3.8.3", "4.1.2", "4.4.0")),
            *(f"pyannote.audio=={v}" for v in ("2.1.1", "3.3.2")),
            *(f"pyannote.core=={v}" for v in ("5.0.0",)),
            *(f"asteroid-filterbanks=={v}" for v in ("0.4.0",)),
            *(f"nltk=={v}" for v in ("3.9.1",)),
        ),
        classes=("flair*", "gensim.models*", "gensim.corpora.dictionary", "pyannote.audio.core.*", "pyannote.audio.models*", "pyannote.audio.tasks*", "pyannote.audio.utils.loss",
                 "pyannote.audio.utils.powerset", "pyannote.core*", "asteroid_filterbanks*", "nltk.tree*", "nltk.probability", "nltk.tokenize.punkt",
                 "nltk.classify.*", "nltk.tag.*", "nltk.stem.*", "gensim.models.callbacks"),
        functions=("gensim.models.keyedvectors",),
        leave=("flair.datasets*", "*.file_utils", "*.hub*", "*.backend*", "*.wrappers*", "flair.splitter", "*.senna", "*.stanford*", "*.hunpos", "*.megam", "*.tadm", "*.weka", "*.mapping", "nltk.classify.util", "*.demo*"),
        needs=(NEWEST, NEWEST_TRANSFORMERS, "lightning==2.5.5", "huggingface-hub==0.36.0"),
    ),
)  # fmt: skip
