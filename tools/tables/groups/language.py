"""Libraries for text and speech: flair, gensim, pyannote."""

from __future__ import annotations

from tables.group import Group
from tables.groups.huggingface import NEWEST_TRANSFORMERS
from tables.groups.pytorch import NEWEST
from tables.lists import pins, words

GROUPS = (
    Group(
        "language",
        (
            *pins("flair", "0.4.5 0.8.0.post1 0.11.3 0.13.1 0.15.1"),
            *pins("gensim", "3.8.3 4.1.2 4.4.0"),
            *pins("pyannote.audio", "2.1.1 3.3.2"),
            *pins("pyannote.core", "5.0.0"),
            *pins("asteroid-filterbanks", "0.4.0"),
            *pins("nltk", "3.9.1"),
        ),
        classes=words(
            """
            flair* gensim.models* gensim.corpora.dictionary pyannote.audio.core.* pyannote.audio.models*
            pyannote.audio.tasks* pyannote.audio.utils.loss pyannote.audio.utils.powerset pyannote.core*
            asteroid_filterbanks* nltk.tree* nltk.probability nltk.tokenize.punkt nltk.classify.* nltk.tag.*
            nltk.stem.* gensim.models.callbacks
            """
        ),
        functions=words("gensim.models.keyedvectors"),
        leave=words(
            """
            flair.datasets* *.file_utils *.hub* *.backend* *.wrappers* flair.splitter *.senna *.stanford* *.hunpos
            *.megam *.tadm *.weka *.mapping nltk.classify.util *.demo*
            """
        ),
        needs=(
            NEWEST,
            NEWEST_TRANSFORMERS,
            "lightning==2.5.5",
            "huggingface-hub==0.36.0",
        ),
    ),
)
