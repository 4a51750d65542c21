"""Training a classifier by a recipe, and measuring it on rows that it has not seen."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import calibration
from models.architectures import BUILDERS, LENGTH, NUM_WORDS, weights_of
from models.artefact import Weights
from models.dataset import Labelled
from models.inference import ENGINES
from models.manifest import Epoch, Metrics, Platt, Results, Split, SplitKind, Training
from models.metrics import measure
from models.runtime import keras, tf, use_device
from models.split import Parts, divide
from models.tokenizer import Vocabulary

BATCH_SIZE: Final = 64
"""The source material's."""


@dataclass(frozen=True)
class Recipe:
    """How to train. With ``validation`` 0 the last epoch is taken, uncalibrated, as the source material does."""

    architecture: str = "cnn-lstm"
    split: SplitKind = "by-text"
    seed: int = 42
    epochs: int = 5
    validation: float = 0.1
    """Share of the training part's texts that chooses the epoch and fits the calibration."""


class TrainingError(Exception):
    """Rows that nothing can be learned from."""


class Trained(NamedTuple):
    """What training leaves behind."""

    recipe: Recipe
    vocabulary: Vocabulary
    weights: Weights
    calibration: Platt | None
    split: Split
    training: Training
    results: Results


Progress = Callable[[int, int, int, float], None]
"""Called with epoch (from 1), batches done in it, batches an epoch, and the epoch's mean loss so far."""


def train(rows: Labelled, recipe: Recipe, on_progress: Progress) -> Trained:
    """Train, choose the epoch, calibrate and measure.

    On a CPU the same rows and recipe give the same weights with the same version of TensorFlow.

    Raises:
        TrainingError: too few rows, or rows of one kind only.
    """
    started = time.monotonic()
    parts = _parts(rows, recipe)
    keras.utils.set_random_seed(recipe.seed)
    tf.config.experimental.enable_op_determinism()
    texts = [review.text for review in rows.reviews]
    vocabulary = Vocabulary.fit((texts[row] for row in parts.train), num_words=NUM_WORDS)
    ids = vocabulary.encode(texts, LENGTH)
    choosing = len(parts.validation) > 0
    watch = _fit(ids, rows.bad, parts, recipe, on_progress, choosing=choosing)
    chosen, last = (ENGINES[recipe.architecture](weights, LENGTH) for weights in (watch.chosen, watch.last))
    platt = None
    if choosing:
        platt = calibration.fit(calibration.log_odds(chosen.logits(ids[parts.validation])), rows.bad[parts.validation])

    def tested(logits: NDArray[np.float32], scaling: Platt | None) -> Metrics:
        return measure(rows.bad[parts.test], calibration.probabilities(calibration.log_odds(logits), scaling))

    of_chosen, of_last = chosen.logits(ids[parts.test]), last.logits(ids[parts.test])
    return Trained(
        recipe,
        vocabulary,
        watch.chosen,
        platt,
        Split(
            kind=recipe.split,
            seed=recipe.seed,
            validation_share=recipe.validation,
            train=len(parts.train),
            validation=len(parts.validation),
            test=len(parts.test),
        ),
        Training(
            batch_size=BATCH_SIZE,
            optimizer="adam",
            history=tuple(watch.history),
            held_out="validation" if choosing else "test",
            chosen_epoch=watch.chosen_epoch,
            seconds=round(time.monotonic() - started, 1),
            device=use_device(),
            tensorflow=tf.__version__,
            keras=keras.__version__,
        ),
        Results(
            shipped=tested(of_chosen, platt), uncalibrated=tested(of_chosen, None), last_epoch=tested(of_last, None)
        ),
    )


def _parts(rows: Labelled, recipe: Recipe) -> Parts:
    bad = int(rows.bad.sum())
    if bad in (0, len(rows.bad)):
        raise TrainingError(f"{len(rows.bad)} usable rows, {bad} of them bad; both kinds are needed")
    try:
        parts = divide([r.text for r in rows.reviews], recipe.split, validation=recipe.validation, seed=recipe.seed)
    except ValueError as error:
        raise TrainingError(f"{len(rows.bad)} usable rows are too few to divide: {error}") from None
    return parts


def _fit(
    ids: NDArray[np.int32],
    bad: NDArray[np.bool_],
    parts: Parts,
    recipe: Recipe,
    on_progress: Progress,
    *,
    choosing: bool,
) -> "_Watch":
    one_hot = np.eye(2, dtype=np.float32)[bad.astype(np.intp)]
    held_out = parts.validation if choosing else parts.test
    model = BUILDERS[recipe.architecture]()
    watch = _Watch(model, -(-len(parts.train) // BATCH_SIZE), on_progress, choosing=choosing)
    model.fit(
        ids[parts.train],
        one_hot[parts.train],
        batch_size=BATCH_SIZE,
        epochs=recipe.epochs,
        validation_data=(ids[held_out], one_hot[held_out]),
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=watch.batch_done, on_epoch_end=watch.epoch_done)],
    )
    return watch


class _Watch:
    """Reports progress, and keeps the weights of the chosen epoch and of the last."""

    def __init__(self, model: Any, batches: int, on_progress: Progress, *, choosing: bool) -> None:
        self.history: list[Epoch] = []
        self.chosen_epoch = 0
        self.chosen: Weights = {}
        self.last: Weights = {}
        self._model = model
        self._batches = batches
        self._on_progress = on_progress
        self._choosing = choosing

    def batch_done(self, batch: int, logs: dict[str, Any]) -> None:
        self._on_progress(len(self.history) + 1, batch + 1, self._batches, float(logs["loss"]))

    def epoch_done(self, epoch: int, logs: dict[str, Any]) -> None:
        best = min((past.held_out_loss for past in self.history), default=np.inf)
        self.last = weights_of(self._model)
        if not self._choosing or logs["val_loss"] < best:
            self.chosen, self.chosen_epoch = self.last, epoch + 1
        self.history.append(
            Epoch(
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
                held_out_loss=float(logs["val_loss"]),
                held_out_accuracy=float(logs["val_accuracy"]),
            )
        )
