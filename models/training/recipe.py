"""How a classifier is trained, in full: what an architecture proposes, with the changes asked for."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from models.architectures.architecture import DEFAULT, Fitting
from models.architectures.registry import find
from models.data.labelled import LABELS, Task
from models.manifest import Preprocessing, SplitKind


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that decides the weights, beside the rows, the device and the version of TensorFlow.

    Without a validation part the last epoch is taken, uncalibrated, as the source material does.
    """

    architecture: str
    task: Task
    hyperparameters: dict[str, Any]
    """All of the architecture's, as JSON has them: a list where there is one a layer."""
    preprocessing: Preprocessing
    fitting: Fitting
    split: SplitKind
    seed: Annotated[int, Meta(ge=0)]
    validation: Annotated[float, Meta(ge=0, le=0.5)]
    """Share of the training part's texts that chooses the epoch and fits the calibration."""
    share: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """Of the training rows that are trained on."""
    untitled: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Of the training rows with a title, those that are learned once more without it. A network that always had a title
    to read leans on it, and answers a review that comes without one worse than a network that never read any."""

    def __post_init__(self) -> None:
        if self.untitled and "title" not in self.preprocessing.inputs:
            raise ValueError(
                f"untitled is {self.untitled:g}, but titles are not read: read them, or leave untitled at 0"
            )

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes."""
        return LABELS[self.task]


def recipe(
    architecture: str = "cnn-lstm",
    *,
    task: Task | None = None,
    preset: str = DEFAULT,
    hyperparameters: Mapping[str, Any] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    fitting: Mapping[str, Any] | None = None,
    split: SplitKind = "by-text",
    seed: int = 42,
    validation: float | None = None,
    share: float = 1.0,
    untitled: float = 0.0,
) -> Recipe:
    """An architecture's own recipe with changes, each by its field's name; ``None`` leaves the architecture's choice.

    Raises:
        UnknownArchitecture: there is none of that name.
        InvalidHyperparameters: it has no such preset or hyperparameter, or a value is out of bounds.
        msgspec.ValidationError: another value is, or reviews are to be learned without titles that are not read.
    """
    found = find(architecture)
    return msgspec.convert(
        {
            "architecture": architecture,
            "task": task or found.task,
            "hyperparameters": msgspec.json.decode(msgspec.json.encode(found.choose(preset, hyperparameters))),
            "preprocessing": msgspec.to_builtins(found.preprocessing) | dict(preprocessing or {}),
            "fitting": msgspec.to_builtins(found.fitting_of(preset)) | dict(fitting or {}),
            "split": split,
            "seed": seed,
            "validation": found.validation if validation is None else validation,
            "share": share,
            "untitled": untitled,
        },
        type=Recipe,
    )


Precision = Literal["float32", "mixed_float16"]


class Acceleration(Struct, frozen=True, kw_only=True):
    """What makes steps faster on a GPU. On a CPU both do nothing, so that one command serves either."""

    mixed_precision: bool = False
    """Products in float16, sums and weights in float32."""
    xla: bool = False
    """Steps compiled by XLA: recurrent layers without cuDNN's fused ones, and no two runs alike to the last bit."""

    def on(self, device: str) -> "Acceleration":
        """What of it applies to a device, as :func:`models.runtime.use_device` names it."""
        return self if device.startswith("GPU") else Acceleration()

    @property
    def precision(self) -> Precision:
        """As Keras calls it."""
        return "mixed_float16" if self.mixed_precision else "float32"
