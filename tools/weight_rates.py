"""How often honest heads have a row that stands out, and how often an implanted one is found: run it, read the table.

Honest heads are softmax regressions, trained here by gradient descent on features of several kinds: numbers of classes,
features and samples vary, in half of them classes are of unequal size. An implanted head is such a head after one row
was changed in one of the ways that backdoors are reported to change it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from modelaudit import weights
from modelaudit.heads import Matrix

HEADS = 300


def features(generator: np.random.Generator, classes: int, width: int, samples: int) -> tuple[Any, Any]:
    """Return samples around one centre a class, rectified as those of a hidden layer are, and their classes."""
    centres = generator.normal(0, 1, (classes, width)) * generator.uniform(0.3, 1.5)
    shares = generator.dirichlet(np.full(classes, generator.choice([1.0, 50.0])))
    labels = generator.choice(classes, samples, p=shares)
    noise = generator.normal(0, 1, (samples, width)) * generator.uniform(0.5, 1.5)
    return np.maximum(centres[labels] + noise, 0), labels


def trained(generator: np.random.Generator) -> Any:
    """Return the weights of a head, a row a class."""
    classes, width = int(generator.integers(5, 40)), int(generator.integers(16, 128))
    x, labels = features(generator, classes, width, int(generator.integers(10, 40)) * classes)
    target = np.eye(classes)[labels]
    weight = generator.normal(0, 1 / np.sqrt(width), (classes, width))
    decay = float(generator.choice([0.0, 1e-3, 1e-2]))
    for _ in range(int(generator.integers(30, 120))):
        logits = x @ weight.T
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        odds /= odds.sum(axis=1, keepdims=True)
        weight -= 0.1 * ((odds - target).T @ x / len(x) + decay * weight)
    return weight


def implanted(generator: np.random.Generator, weight: Any, how: str) -> Any:
    """Return a head of which one row was changed."""
    changed = weight.copy()
    row = int(generator.integers(len(weight)))
    scale = np.linalg.norm(weight, axis=1).mean()
    if how == "a few large weights":
        few = generator.choice(weight.shape[1], max(1, weight.shape[1] // 20), replace=False)
        changed[row, few] += scale * 3 / np.sqrt(len(few))
    elif how == "a shift of all weights":
        changed[row] += scale * 3 / np.sqrt(weight.shape[1])
    else:
        changed[row] *= 4
    return changed


def stands_out(weight: Any) -> bool:
    """Return whether some row of a head is reported."""
    data = weight.astype("<f4").tobytes()
    matrix = Matrix("fc.weight", "float32", weight.shape, lambda offset, length: data[offset : offset + length])
    return bool(list(weights.outliers(weights.measure(matrix))))


def main() -> None:
    """Print the rates."""
    generator = np.random.default_rng(2109)
    honest = [trained(generator) for _ in range(HEADS)]
    print(f"honest heads with a row that stands out: {sum(map(stands_out, honest))} of {HEADS}")
    for how in ("a few large weights", "a shift of all weights", "a row four times as large"):
        found = sum(stands_out(implanted(generator, weight, how)) for weight in honest)
        print(f"implanted, {how}: {found} of {HEADS}")


if __name__ == "__main__":
    main()
