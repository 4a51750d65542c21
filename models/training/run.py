"""Training a classifier by a recipe, and measuring it on rows that it has not seen."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import scaling
from models.architectures.architecture import Apart, Architecture
from models.architectures.registry import find
from models.architectures.sizes import Hyperparameters
from models.artefact import Weights
from models.data.labelled import Labelled
from models.engines.choose import choose
from models.evaluation.figures import measure as measure_classes
from models.manifest import ByClass, ClassFigures, Metrics, Platt, Results, Split, Training
from models.metrics import measure
from models.preprocessing.reader import Reader
from models.runtime import keras, tf, use_device
from models.split import leaks
from models.training.checkpoint import Checkpoint, fingerprint
from models.training.data import Fed, TrainingError, feed
from models.training.fit import Fitted, Part, Progress, fit
from models.training.recipe import Acceleration, Precision, Recipe
from models.training.scalars import Scalars

_TAMER: Final = "take a lower learning rate"


class Trained(NamedTuple):
    """What training leaves behind."""

    recipe: Recipe
    reader: Reader
    weights: Weights
    calibration: Platt | None
    split: Split
    training: Training
    results: Results


def train(
    rows: Labelled,
    recipe: Recipe,
    on_progress: Progress,
    *,
    acceleration: Acceleration | None = None,
    checkpoint: Path | None = None,
    tensorboard: Path | None = None,
) -> Trained:
    """Train, choose the epoch, calibrate and measure.

    On a CPU the same rows and recipe give the same weights with the same version of TensorFlow, also where a run was
    killed and another one went on from its checkpoint.

    Args:
        rows: all of them; the recipe divides them.
        recipe: how.
        on_progress: told of every batch.
        acceleration: what to make faster on a GPU.
        checkpoint: file that keeps the state after each epoch, and from which this run goes on if it is there. It
            stays when training is done: remove it when what was trained is safe.
        tensorboard: folder of event files.

    Raises:
        TrainingError: too few rows, rows of one kind only, or without what the recipe asks of them; or as
            :func:`fit_parts` does; or the loss is not a number in the end.
        InvalidHyperparameters: they do not suit the number of classes.
        CheckpointError: the checkpoint is of another run.
        OSError: the checkpoint or the event files cannot be written.
    """
    device = use_device()
    fed = feed(rows, recipe)
    faster = (acceleration or Acceleration()).on(device)
    saved = Checkpoint(checkpoint, fingerprint(rows, recipe, faster)) if checkpoint is not None else None
    scalars = Scalars(tensorboard) if tensorboard is not None else None
    started = time.monotonic()
    validation, test = (Part(fed.ids[part], fed.truth[part]) for part in fed.parts[1:])
    choosing = len(validation.truth) > 0
    held_out = validation if choosing else test
    fitted = fit_parts(
        fed.learned, held_out, recipe, faster, on_progress, choosing=choosing, checkpoint=saved, scalars=scalars
    )
    if not np.isfinite(fitted.history[-1].held_out_loss):
        raise TrainingError(f"the loss is not a number after epoch {len(fitted.history)}; {_TAMER}, or fewer epochs")
    platt, results = _measured(rows, fed, fitted, recipe)
    seconds = fitted.seconds_before + time.monotonic() - started
    return Trained(
        recipe,
        fed.reader,
        fitted.chosen,
        platt,
        _split(rows, fed, recipe),
        _training(recipe, fitted, faster, device, choosing=choosing, seconds=seconds),
        results,
    )


def fit_parts(
    train: Part,
    held_out: Part,
    recipe: Recipe,
    faster: Acceleration,
    on_progress: Progress,
    *,
    choosing: bool = True,
    checkpoint: Checkpoint | None = None,
    scalars: Scalars | None = None,
) -> Fitted:
    """Build the recipe's network, run its epochs and fit what they do not.

    Equal arguments give equal weights on a CPU, whatever this process fitted before.

    Args:
        train, held_out, on_progress, choosing, checkpoint, scalars: see :func:`models.training.fit.fit`, whose errors
            are raised beside these.
        recipe: how. Its split, its validation part and its shares have been made already.
        faster: as it applies to the device, see :meth:`models.training.recipe.Acceleration.on`.

    Raises:
        TrainingError: the network cannot be built; it is put together on held-out rows, and they may choose nothing; or
            the held-out loss was not a number after any epoch that could be chosen.
        InvalidHyperparameters: they do not suit the number of classes.
    """
    keras.utils.set_random_seed(recipe.seed)
    if not faster.xla:  # which has no deterministic form; Keras would leave it out, with a warning alone
        tf.config.experimental.enable_op_determinism()
    architecture = find(recipe.architecture)
    with _precision(faster.precision):
        model = _built(architecture, recipe, xla=faster.xla)
        if architecture.apart is not None:
            if not choosing:
                raise TrainingError(f"{recipe.architecture} joins its parts on a validation part; leave it one")
            architecture.apart.begin(model, train.ids, classes=len(recipe.labels), seed=recipe.seed)
        fitted = fit(
            model,
            train,
            held_out,
            recipe.fitting,
            classes=len(recipe.labels),
            choosing=choosing,
            seed=recipe.seed,
            on_progress=on_progress,
            checkpoint=checkpoint,
            scalars=scalars,
        )
    if not fitted.chosen:
        raise TrainingError(f"the loss on the held-out rows was not a number after any epoch; {_TAMER}")
    if architecture.apart is None:
        return fitted
    return _whole(
        fitted, architecture.apart, architecture.choose(changes=recipe.hyperparameters), train, held_out, recipe
    )


def _built(architecture: Architecture[Any], recipe: Recipe, *, xla: bool) -> Any:
    sizes = architecture.choose(changes=recipe.hyperparameters)
    how = recipe.preprocessing
    try:
        return architecture.build(
            len(recipe.labels),
            num_words=how.num_words,
            length=how.length,
            hyperparameters=sizes,
            fitting=recipe.fitting,
            xla=xla,
        )
    except ValueError as error:  # of Keras: nothing is left of so few words, or two layers have one name
        said = str(error).partition("\n")[0].partition(". ")[0]
        raise TrainingError(f"{architecture.name} cannot be built for {how.length} words a review: {said}") from error


def _whole(
    fitted: Fitted, apart: Apart, sizes: Hyperparameters, train: Part, validation: Part, recipe: Recipe
) -> Fitted:
    """With what is not fitted by the epochs."""

    def logits(weights: Weights) -> NDArray[np.float32]:
        made = choose(recipe.architecture, recipe.hyperparameters, recipe.preprocessing, weights)
        return made.engine.logits(validation.ids)

    tables = apart.tables(fitted.chosen, train.ids, train.truth, sizes, recipe.seed)
    chosen, last = (
        apart.end(weights, tables, validation.ids, validation.truth, logits) for weights in (fitted.chosen, fitted.last)
    )
    return fitted._replace(chosen=chosen, last=last)


def _measured(rows: Labelled, fed: Fed, fitted: Fitted, recipe: Recipe) -> tuple[Platt | None, Results]:
    chosen, last = (
        choose(recipe.architecture, recipe.hyperparameters, recipe.preprocessing, weights).engine
        for weights in (fitted.chosen, fitted.last)
    )
    _, validation, test = fed.parts
    platt = scaling.fit_any(chosen.logits(fed.ids[validation]), fed.truth[validation]) if len(validation) else None
    of_chosen, of_last = chosen.logits(fed.ids[test]), last.logits(fed.ids[test])
    said = (scaling.answers(of_chosen, platt), scaling.answers(of_chosen, None), scaling.answers(of_last, None))

    def good_or_bad(answers: NDArray[np.float32]) -> Metrics:
        return measure(rows.bad[test], answers)

    def every_class(answers: NDArray[np.float32]) -> ClassFigures:
        figures = measure_classes(fed.truth[test], answers, recipe.labels)
        return ClassFigures(rows=figures.rows, values=figures.values, confusion=figures.confusion)

    shipped, uncalibrated, of_last_epoch = map(good_or_bad, said)
    by_class = None
    if len(recipe.labels) > 2:
        by_class = ByClass(**dict(zip(ByClass.__struct_fields__, map(every_class, said), strict=True)))
    return platt, Results(shipped=shipped, uncalibrated=uncalibrated, last_epoch=of_last_epoch, by_class=by_class)


def _split(rows: Labelled, fed: Fed, recipe: Recipe) -> Split:
    return Split(
        kind=recipe.split,
        seed=recipe.seed,
        validation_share=recipe.validation,
        train=len(fed.parts.train),
        validation=len(fed.parts.validation),
        test=len(fed.parts.test),
        leaks=leaks(rows, fed.parts),
    )


def _training(
    recipe: Recipe, fitted: Fitted, faster: Acceleration, device: str, *, choosing: bool, seconds: float
) -> Training:
    fitting = recipe.fitting
    return Training(
        batch_size=fitting.batch_size,
        optimizer=fitting.optimizer,
        learning_rate=fitting.learning_rate,
        class_weights=fitting.class_weights,
        reshuffle=fitting.reshuffle,
        patience=fitting.patience,
        epochs=fitting.epochs,
        share=recipe.share,
        untitled=recipe.untitled,
        precision=faster.precision,
        xla=fitted.compiled,
        history=fitted.history,
        held_out="validation" if choosing else "test",
        chosen_epoch=fitted.chosen_epoch,
        seconds=round(seconds, 1),
        device=device,
        tensorflow=tf.__version__,
        keras=keras.__version__,
    )


@contextmanager
def _precision(policy: Precision) -> Iterator[None]:
    """New layers compute so. Engines do in float32, whatever training did."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
