"""A process that runs trials one after the other.

It never sees the test part: a search chooses by the validation part, and nothing may be chosen by the other.
"""

import hashlib
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from models import scaling
from models.engines.choose import choose
from models.runtime import keras, set_threads, tf, use_device
from models.training.checkpoint import Checkpoint, CheckpointError
from models.training.data import Fed, TrainingError
from models.training.fit import Fitted, Part, Progress
from models.training.recipe import Acceleration, Recipe
from models.training.run import fit_parts
from models.tuning.objective import Measured, measure
from models.tuning.space import Point
from models.tuning.trial import Search, Trial

THREADS: Final = 1
"""CPU threads a trial. Its last digits depend on them, and must not on how many trials run at once; and one for each of
two trials is faster than two for each of both in turn."""

TOLD_SECONDS: Final = 0.1
"""Between two words on progress. Each is a system call, and a batch of a small network takes a millisecond."""


class Material(NamedTuple):
    """The rows of a search as a network is fed with them."""

    train: Part
    validation: Part


class Order(NamedTuple):
    """A trial to run."""

    number: int
    point: Point
    checkpoint: Path


class Progressed(NamedTuple):
    """How far a trial is: epoch (from 1), batches done in it, batches an epoch, mean loss of the epoch so far."""

    number: int
    epoch: int
    batch: int
    batches: int
    loss: float


def material(fed: Fed) -> Material:
    """What a search needs of the rows: all but the test part."""
    validation = fed.parts.validation
    return Material(fed.learned, Part(fed.ids[validation], fed.truth[validation]))


def serve(connection: Connection, search: Search, material: Material) -> None:
    """Take orders, tell progress (:class:`Progressed`), and answer each with a :class:`Trial`, until nobody asks."""
    threads = None if use_device().startswith("GPU") else THREADS
    set_threads(threads)
    while True:
        try:
            order: Order = connection.recv()
        except (EOFError, ConnectionResetError):  # the second where something was told that nobody read
            return
        _tell(connection, _tried(order, search, material, connection, threads))


def _tried(order: Order, search: Search, material: Material, connection: Connection, threads: int | None) -> Trial:
    told = started = time.monotonic()

    def on_progress(epoch: int, batch: int, batches: int, loss: float) -> None:
        nonlocal told
        if batch == batches or time.monotonic() - told >= TOLD_SECONDS:
            told = time.monotonic()
            _tell(connection, Progressed(order.number, epoch, batch, batches, loss))

    recipe = search.space.applied(search.recipe, order.point)
    checkpoint = Checkpoint(order.checkpoint, _fingerprint(search, recipe))
    trial = Trial(number=order.number, point=order.point, figures={})
    try:
        fitted = _fitted(recipe, material, checkpoint, on_progress)
        figures = _measured(recipe, material.validation, fitted, threads)
    except TrainingError as error:
        return msgspec.structs.replace(trial, failure=str(error))
    except Exception as error:  # Whatever it is, a GPU without memory left for instance: it ends the trial alone.
        first_line = f"{type(error).__name__}: {error}".partition("\n")[0]
        return msgspec.structs.replace(trial, failure=first_line)
    return msgspec.structs.replace(
        trial,
        figures=figures,
        history=fitted.history,
        chosen_epoch=fitted.chosen_epoch,
        seconds=round(fitted.seconds_before + time.monotonic() - started, 2),
    )


def _fitted(recipe: Recipe, material: Material, checkpoint: Checkpoint, on_progress: Progress) -> Fitted:
    keras.utils.clear_session()  # of the trial before, else its graphs stay in memory
    arguments = (material.train, material.validation, recipe, Acceleration(), on_progress)
    try:
        return fit_parts(*arguments, checkpoint=checkpoint)
    except CheckpointError:  # Of another version of TensorFlow, say. The trial has no other use for it.
        checkpoint.path.unlink()
        return fit_parts(*arguments, checkpoint=checkpoint)


def _measured(recipe: Recipe, validation: Part, fitted: Fitted, threads: int | None) -> Measured:
    engine = choose(
        recipe.architecture, recipe.hyperparameters, recipe.preprocessing, fitted.chosen, threads=threads
    ).engine
    return measure(validation.truth, scaling.answers(engine.logits(validation.ids), None), recipe.labels)


def _fingerprint(search: Search, recipe: Recipe) -> str:
    run = (recipe, search.sha256, search.columns, search.rows, tf.__version__, keras.__version__, THREADS)
    return hashlib.sha256(msgspec.json.encode(run)).hexdigest()


def _tell(connection: Connection, message: object) -> None:
    """Without anybody to tell, end: whoever asked was killed, and his next run must find the cores idle."""
    try:
        connection.send(message)
    except OSError:
        sys.exit(1)
