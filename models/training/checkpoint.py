"""What a killed run needs to go on: one file, replaced whole after each epoch, without pickles."""

import hashlib
import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.artefact import Weights
from models.data.labelled import Labelled
from models.manifest import Epoch
from models.runtime import keras, tf
from models.training.recipe import Acceleration, Recipe

_CHOSEN: Final = "chosen:"
_VARIABLE: Final = "variable:"


class CheckpointError(Exception):
    """A checkpoint that this run cannot go on from.

    Attributes:
        path: the file.
        reason: why.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"checkpoint {path}: {reason}; remove it to train from the beginning")
        self.path = path
        self.reason = reason


class State(NamedTuple):
    """A run after an epoch."""

    history: tuple[Epoch, ...]
    chosen_epoch: int
    chosen: Weights
    variables: Sequence[NDArray[Any]]
    """Those of :func:`variables_of`."""
    seconds: float
    """Spent on it so far."""


class _Words(Struct):
    fingerprint: str
    history: tuple[Epoch, ...]
    chosen_epoch: int
    seconds: float


def fingerprint(rows: Labelled, recipe: Recipe, acceleration: Acceleration) -> str:
    """Equal for runs that end in the same weights, so that one may go on where the other stopped."""
    versions = (tf.__version__, keras.__version__)
    run = (recipe, acceleration, rows.sha256, rows.columns, len(rows.reviews), versions)
    return hashlib.sha256(msgspec.json.encode(run)).hexdigest()


class Checkpoint:
    """The file of one run."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path: Final = path
        self._fingerprint = fingerprint

    def read(self) -> State | None:
        """The run's last state; ``None`` if it has none yet.

        Raises:
            CheckpointError: the file is of another run, or broken.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(self.path, f"cannot be read: {error.strerror}") from None
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                words = msgspec.msgpack.decode(arrays["words"].tobytes(), type=_Words)
                named = {name: arrays[name] for name in arrays.files}
        except (ValueError, EOFError, KeyError, zipfile.BadZipFile, msgspec.DecodeError) as error:
            raise CheckpointError(self.path, f"not understood: {error}") from None
        if words.fingerprint != self._fingerprint:
            raise CheckpointError(self.path, "of other rows, another recipe, or another version of TensorFlow or Keras")
        variables = [named[f"{_VARIABLE}{number}"] for number in range(sum(n.startswith(_VARIABLE) for n in named))]
        chosen = {name.removeprefix(_CHOSEN): array for name, array in named.items() if name.startswith(_CHOSEN)}
        return State(words.history, words.chosen_epoch, chosen, variables, words.seconds)

    def write(self, state: State) -> None:
        """Replace the file: whoever reads it finds this state or the one before, and never half of one.

        Raises:
            OSError: it cannot be written.
        """
        # Not JSON: a loss that is not a number would come back as null.
        words = msgspec.msgpack.encode(_Words(self._fingerprint, state.history, state.chosen_epoch, state.seconds))
        arrays: dict[str, NDArray[Any]] = {"words": np.frombuffer(words, np.uint8)}
        arrays |= {f"{_VARIABLE}{number}": array for number, array in enumerate(state.variables)}
        arrays |= {f"{_CHOSEN}{name}": array for name, array in state.chosen.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f".{self.path.name}.partial")
        with partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)


def variables_of(model: Any) -> list[Any]:
    """Keras variables that decide how training goes on: weights, the dropouts' random states, the optimizer's.

    By position, since Keras numbers the names of random states by what a process made before.
    """
    model.optimizer.build(model.trainable_variables)
    states = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    return [*model.weights, *states, *model.optimizer.variables]
