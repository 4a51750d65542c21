"""The epochs: progress, the best epoch's weights, early stopping, and going on after a kill."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.architectures.architecture import Fitting
from models.architectures.weights import weights_of
from models.artefact import Weights
from models.manifest import Epoch
from models.runtime import keras
from models.training.checkpoint import Checkpoint, State, variables_of
from models.training.scalars import Scalars

Progress = Callable[[int, int, int, float], None]
"""Called with epoch (from 1), batches done in it, batches an epoch, and the epoch's mean loss so far."""


class Part(NamedTuple):
    """Rows of one part."""

    ids: NDArray[np.int32]
    """[n, length]"""
    truth: NDArray[np.intp]
    """[n] class numbers."""


class Fitted(NamedTuple):
    """What the epochs leave behind."""

    history: tuple[Epoch, ...]
    chosen_epoch: int
    """From 1: the one with the lowest held-out loss, or the last one where nothing may choose; 0: none has a loss."""
    chosen: Weights
    """Empty where the held-out loss was not a number after any epoch."""
    last: Weights
    seconds_before: float
    """Spent on it by runs that were killed, up to their last checkpoint."""
    compiled: bool
    """Whether XLA compiled the steps."""


def fit(
    model: Any,
    train: Part,
    held_out: Part,
    fitting: Fitting,
    *,
    classes: int,
    choosing: bool,
    seed: int,
    on_progress: Progress,
    checkpoint: Checkpoint | None = None,
    scalars: Scalars | None = None,
) -> Fitted:
    """Run the epochs of a compiled model, from the checkpoint's last one on.

    A run that is killed and goes on ends in the same weights as one that is not, on a CPU bit for bit: the order of the
    rows follows from seed and epoch, and the random states of dropouts are kept with the weights.

    Args:
        model: as :meth:`models.architectures.architecture.Architecture.build` gives it.
        train: rows to learn from.
        held_out: rows whose loss is told after each epoch.
        fitting: how.
        classes: number of classes.
        choosing: whether ``held_out`` chooses the epoch; it must not be the test part then.
        seed: of the order of rows.
        on_progress: see :data:`Progress`.
        checkpoint: where to keep the state after each epoch.
        scalars: where to log the losses.

    Raises:
        CheckpointError: the checkpoint is of another run.
        OSError: checkpoint or scalars cannot be written.
    """
    batches = -(-len(train.truth) // fitting.batch_size)
    run = _Run(model, batches, fitting.patience, on_progress, choosing=choosing, checkpoint=checkpoint, scalars=scalars)
    if checkpoint is not None and (state := checkpoint.read()) is not None:
        run.go_on(state)
    one_unit = model.output_shape[-1] == 1
    targets = _targets(train.truth, classes, one_unit=one_unit)
    while len(run.history) < fitting.epochs and not run.patience_is_out():
        first = len(run.history)
        rows: Any = slice(None)
        if fitting.reshuffle:
            rows = np.random.default_rng([seed, first]).permutation(len(targets))
        model.fit(
            train.ids[rows],
            targets[rows],
            batch_size=fitting.batch_size,
            shuffle=not fitting.reshuffle,
            epochs=first + 1 if fitting.reshuffle else fitting.epochs,
            initial_epoch=first,
            validation_data=(held_out.ids, _targets(held_out.truth, classes, one_unit=one_unit)),
            class_weight=balanced(train.truth, classes) if fitting.class_weights == "balanced" else None,
            verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=run.batch_done, on_epoch_end=run.epoch_done)],
        )
    return Fitted(
        tuple(run.history), run.chosen_epoch, run.chosen, weights_of(model), run.seconds_before, bool(model.jit_compile)
    )


def balanced(truth: NDArray[np.intp], classes: int) -> dict[int, float]:
    """Weights by class with which every class of ``truth`` counts the same, and all rows together what they did."""
    counts = np.bincount(truth, minlength=classes)
    present = np.count_nonzero(counts)
    return {number: len(truth) / (present * count) if count else 1.0 for number, count in enumerate(counts.tolist())}


def _targets(truth: NDArray[np.intp], classes: int, *, one_unit: bool) -> NDArray[np.float32]:
    return truth[:, None].astype(np.float32) if one_unit else np.eye(classes, dtype=np.float32)[truth]


class _Run:
    """Reports progress, and keeps history and the weights of the chosen epoch."""

    def __init__(
        self,
        model: Any,
        batches: int,
        patience: int,
        on_progress: Progress,
        *,
        choosing: bool,
        checkpoint: Checkpoint | None,
        scalars: Scalars | None,
    ) -> None:
        self.history: list[Epoch] = []
        self.chosen_epoch = 0
        self.chosen: Weights = {}
        self.seconds_before = 0.0
        self._model = model
        self._batches = batches
        self._patience = patience
        self._on_progress = on_progress
        self._choosing = choosing
        self._checkpoint = checkpoint
        self._scalars = scalars
        self._started = time.monotonic()

    def go_on(self, state: State) -> None:
        self.history = list(state.history)
        self.chosen_epoch, self.chosen, self.seconds_before = state.chosen_epoch, state.chosen, state.seconds
        for variable, value in zip(variables_of(self._model), state.variables, strict=True):
            variable.assign(value)

    def patience_is_out(self) -> bool:
        return self._choosing and 0 < self._patience <= len(self.history) - self.chosen_epoch

    def batch_done(self, batch: int, logs: dict[str, Any]) -> None:
        self._on_progress(len(self.history) + 1, batch + 1, self._batches, float(logs["loss"]))

    def epoch_done(self, epoch: int, logs: dict[str, Any]) -> None:
        best = self.history[self.chosen_epoch - 1].held_out_loss if self.chosen_epoch else np.inf
        if not self._choosing or logs["val_loss"] < best:
            self.chosen, self.chosen_epoch = weights_of(self._model), epoch + 1
        done = Epoch(
            loss=float(logs["loss"]),
            accuracy=float(logs["accuracy"]),
            held_out_loss=float(logs["val_loss"]),
            held_out_accuracy=float(logs["val_accuracy"]),
        )
        self.history.append(done)
        if self._scalars is not None:
            self._scalars.write(len(self.history), done)
        if self._checkpoint is not None:
            values = [variable.numpy() for variable in variables_of(self._model)]
            seconds = self.seconds_before + time.monotonic() - self._started
            self._checkpoint.write(State(tuple(self.history), self.chosen_epoch, self.chosen, values, seconds))
        if self.patience_is_out():
            self._model.stop_training = True
