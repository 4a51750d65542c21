"""What an architecture is: layers, hyperparameters, and how it is fed and fitted unless a recipe says otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct

from models.architectures.errors import InvalidHyperparameters
from models.architectures.sizes import Hyperparameters
from models.data.labelled import Task
from models.manifest import Preprocessing
from models.runtime import keras

Optimizer = Literal["adam", "adamw", "nadam", "rmsprop", "sgd"]

OUTPUT: Final = "output"
"""Name of every network's last layer, a dense one: the engine takes its sums before the activation."""

DEFAULT: Final = "default"


class Fitting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the weights are fitted."""

    epochs: Annotated[int, Meta(ge=1, le=1000)] = 5
    batch_size: Annotated[int, Meta(ge=1, le=65_536)] = 64
    optimizer: Optimizer = "adam"
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 1e-3
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced``: errors on a rare class count as much more as it is rarer."""
    patience: Annotated[int, Meta(ge=0, le=1000)] = 0
    """Stop after this many epochs without a lower loss on the validation part; 0: never."""
    reshuffle: bool = True
    """Whether each epoch goes through the rows in an order of its own. Keras' own shuffling does not where TensorFlow
    is to be deterministic: it draws the same order again."""


H = TypeVar("H", bound=Hyperparameters)


class Preset(NamedTuple, Generic[H]):
    """A published optimum."""

    hyperparameters: H
    learning_rate: float
    source: str
    """What was published of it."""


class Apart(NamedTuple):
    """What of a network is fitted apart from its epochs. Weights are by name (:mod:`models.architectures.weights`)."""

    begin: Callable[..., None]
    """Before the epochs: ``begin(model, ids, classes=, seed=)``, ids of the training part."""
    tables: Callable[..., dict[str, Any]]
    """After them: ``tables(weights, ids, truth, sizes, seed)`` gives weights fitted on the training part; sizes are the
    hyperparameters."""
    end: Callable[..., dict[str, Any]]
    """``end(weights, tables, ids, truth, logits)`` gives all weights; ids and truth are the validation part's."""


@dataclass(frozen=True, kw_only=True)
class Architecture(Generic[H]):
    """A network by name."""

    name: str
    summary: str
    """One line for people."""
    network: Callable[[H, int, Any], Any]
    """From hyperparameters, embedding rows and the input (ids of shape (n, length)) to what the last layer sees."""
    hyperparameters: H
    """Defaults; their class says which there are."""
    preprocessing: Preprocessing
    """How reviews become ids unless a recipe says otherwise."""
    fitting: Fitting = field(default_factory=Fitting)
    task: Task = "bad"
    """What it is trained to tell unless a recipe says otherwise."""
    validation: float = 0.1
    """Share of the training part that chooses the epoch, unless a recipe says otherwise."""
    presets: Mapping[str, Preset[H]] = field(default_factory=dict)
    sigmoid: bool = False
    """Whether two classes are one sigmoid unit, P(bad), as published, rather than a softmax over two."""
    apart: Apart | None = None
    """What is not fitted by the epochs, which then measure the rest alone."""

    def choose(self, preset: str = DEFAULT, changes: Mapping[str, Any] | None = None) -> H:
        """Hyperparameters of a preset (``default``, or one of :attr:`presets`) with changes by field name.

        Raises:
            InvalidHyperparameters: no such preset, no such field, or a value out of its bounds.
        """
        chosen = msgspec.to_builtins(self._preset(preset)) | dict(changes or {})
        try:
            return msgspec.convert(chosen, type(self.hyperparameters))
        except msgspec.ValidationError as error:
            raise InvalidHyperparameters(self.name, str(error)) from None

    def fitting_of(self, preset: str = DEFAULT) -> Fitting:
        """How a preset was fitted. Raises :class:`InvalidHyperparameters` as :meth:`choose` does."""
        self._preset(preset)
        if preset == DEFAULT:
            return self.fitting
        return msgspec.structs.replace(self.fitting, learning_rate=self.presets[preset].learning_rate)

    def build(
        self,
        classes: int,
        *,
        num_words: int,
        length: int,
        hyperparameters: H | None = None,
        fitting: Fitting | None = None,
        xla: bool = False,
    ) -> Any:
        """A compiled Keras model with new weights, drawn from Keras' global random state.

        Args:
            classes: at least 2. The model gives (n, classes), or (n, 1) where :meth:`one_unit` says so.
            num_words: ids are below this.
            length: ids a review.
            hyperparameters: checked ones, as :meth:`choose` gives them; the defaults otherwise.
            fitting: optimizer and learning rate; the defaults otherwise.
            xla: compile steps with XLA, recurrent layers without cuDNN's fused ones, which XLA does not take.
        """
        ids = keras.Input((length,), dtype="int32", name="ids")
        seen = self.network(hyperparameters or self.hyperparameters, num_words, ids)
        if self.one_unit(classes):
            units, activation, loss = 1, "sigmoid", "binary_crossentropy"
        else:
            units, activation, loss = classes, "softmax", "categorical_crossentropy"
        # In float32 also under mixed precision: a float16 probability has three digits.
        answer = keras.layers.Dense(units, activation=activation, dtype="float32", name=OUTPUT)(seen)
        model = keras.Model(ids, answer, name=self.name)
        if xla:
            _without_cudnn(model)
        fitting = fitting or self.fitting
        optimizer = keras.optimizers.get(fitting.optimizer)
        optimizer.learning_rate = fitting.learning_rate
        model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], jit_compile=xla)
        return model

    def one_unit(self, classes: int) -> bool:
        """Whether the last layer is one sigmoid unit for this many classes."""
        return self.sigmoid and classes == 2

    def _preset(self, name: str) -> H:
        if name == DEFAULT:
            return self.hyperparameters
        if name not in self.presets:
            known = ", ".join((DEFAULT, *self.presets))
            raise InvalidHyperparameters(self.name, f"no preset {name!r}; there are {known}")
        return self.presets[name].hyperparameters


def _without_cudnn(model: Any) -> None:
    """Else Keras leaves XLA out of a model with recurrent layers, and says so in a warning alone."""
    for layer in model.layers:
        # A bidirectional layer holds two, and is asked as well.
        parts: list[Any] = [layer, *(getattr(layer, f"{way}_layer", None) for way in ("forward", "backward"))]
        for part in parts:
            if hasattr(part, "use_cudnn"):
                part.use_cudnn = False
                layer.supports_jit = part.supports_jit = True
