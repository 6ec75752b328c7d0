"""Training of the assistant's classifier: `make train-assistant`.

Needs scikit-learn, which the product does not.

Prints the accuracy on sentences outside of the training part (cross-validation over groups of similar sentences),
then trains with all sentences and writes the file of weights.
"""

from __future__ import annotations

import json
import random
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from office360.chatbot.language.second_opinion.classifier import (
    LINE_END,
    WEIGHTS_FILE,
    LinearClassifier,
    parse_classifier,
    weighted_features,
)
from office360.chatbot.language.second_opinion.features import BUCKETS
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from .training_data import TrainingSentence, near_duplicate_groups, read_training_data, training_checksum

SEED = 20261125
FOLDS = 5
REGULARISATION = 10.0  # inverse strength; of 10, 30 and 100 the lowest logarithmic loss in cross-validation
MAX_ITERATIONS = 120  # more change no second digit of the accuracy
LARGEST_WEIGHT = 127  # of a signed byte
QUESTIONS = (
    None,
    "service",
    "mode",
    "office",
    "date",
    "time",
    "name",
    "email",
    "phone",
    "privacy",
    "confirm",
    "locator",
)
COPIES = 3  # of a sentence that means the same after any question, each after another
# Labels whose meaning depends on the question before.
DEPENDENT_LABELS = frozenset({"answer", "book", "yes", "no", "any", "skip"})
CONFIDENCES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def main() -> None:
    """Print the cross-validation, and write the weights unless `--check` is given."""
    sentences = read_training_data()
    _print_cross_validation(sentences)
    if "--check" not in sys.argv:
        content = train_weights(sentences)
        WEIGHTS_FILE.write_bytes(content)
        print(f"\n{WEIGHTS_FILE.name}: {len(content):,} bytes")


def train_weights(sentences: Sequence[TrainingSentence]) -> bytes:
    """Train with all sentences, and return the content of the file of weights."""
    sentences = _after_other_questions(sentences)
    labels = np.array([sentence.label for sentence in sentences])
    model = LogisticRegression(C=REGULARISATION, max_iter=MAX_ITERATIONS, tol=1e-3, random_state=SEED)
    model.fit(_feature_matrix(sentences), labels)
    unit = float(np.abs(model.coef_).max()) / LARGEST_WEIGHT
    rows = np.rint(model.coef_ / unit).astype(np.int8).T
    header = {
        "seed": SEED,
        "trained_on": training_checksum(),
        "unit": unit,
        "labels": model.classes_.tolist(),
        "intercepts": [round(value, 4) for value in model.intercept_.tolist()],
    }
    return zlib.compress(json.dumps(header).encode() + LINE_END + np.ascontiguousarray(rows).tobytes(), 9)


def train_without_each_fold(
    sentences: Sequence[TrainingSentence],
) -> Iterator[tuple[LinearClassifier, list[int]]]:
    """Yield classifiers, each with the indexes of the sentences that it has not seen."""
    groups = near_duplicate_groups([sentence.text for sentence in sentences])
    folds = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for seen, unseen in folds.split(sentences, groups=groups):
        yield parse_classifier(train_weights([sentences[index] for index in seen])), unseen.tolist()


def _after_other_questions(sentences: Sequence[TrainingSentence]) -> list[TrainingSentence]:
    """Add copies after other questions.

    Without them, the classifier takes all that follows a question for its answer.
    """
    chosen = random.Random(SEED)
    return [
        copied
        for sentence in sentences
        for copied in (
            [sentence]
            if sentence.label in DEPENDENT_LABELS
            else [sentence, *(replace(sentence, asked=asked) for asked in chosen.sample(QUESTIONS, COPIES))]
        )
    ]


def _feature_matrix(sentences: Sequence[TrainingSentence]) -> Any:
    values: list[float] = []
    rows: list[int] = []
    columns: list[int] = []
    for row, sentence in enumerate(sentences):
        for buckets, value in weighted_features(sentence.text, sentence.asked):
            columns += buckets
            rows += [row] * len(buckets)
            values += [value] * len(buckets)
    return csr_matrix((values, (rows, columns)), shape=(len(sentences), BUCKETS))


def _print_cross_validation(sentences: Sequence[TrainingSentence]) -> None:
    found: list[tuple[TrainingSentence, str, float]] = []
    spent_s = 0.0
    for classifier, unseen in train_without_each_fold(sentences):
        begun = time.perf_counter()
        for index in unseen:
            probabilities = classifier.probabilities(sentences[index].text, sentences[index].asked)
            best = max(probabilities, key=lambda label: probabilities[label])
            found.append((sentences[index], best, probabilities[best]))
        spent_s += time.perf_counter() - begun
    print(f"{len(sentences)} sentences, {spent_s / len(sentences) * 1_000:.2f} ms each")
    for title, part in (
        ("at the beginning", [entry for entry in found if entry[0].asked is None]),
        ("after a question", [entry for entry in found if entry[0].asked is not None]),
    ):
        _print_row(title, part, 0)
        for confidence in CONFIDENCES:
            _print_row(f"  confidence ≥ {confidence}", part, confidence)


def _print_row(title: str, found: Sequence[tuple[TrainingSentence, str, float]], confidence: float) -> None:
    sure = [(sentence, best) for sentence, best, probability in found if probability >= confidence]
    right = sum(sentence.label == best for sentence, best in sure)
    print(f"{title:<24}{len(sure) / len(found):>6.0%} of sentences{right / len(sure):>8.1%} right")


if __name__ == "__main__":
    main()
