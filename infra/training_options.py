"""What ``aura train`` and ``aura tune`` are both told on the command line, and what becomes of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from infra.errors import CommandError
from infra.labelled import read_rows

if TYPE_CHECKING:
    from models.data.labelled import Labelled
    from models.training.recipe import Recipe

NETWORKS: Final = "cnn-lstm, imdb-lstm, imdb-cnn-lstm, lstm-2, gru-1, gru-2, gru-4, gru-app, bilstm-sequence, wide-deep"
"""Names for a help text, which need not wait for the networks to be imported."""

Task = Annotated[
    Literal["bad", "stars"] | None,
    typer.Option(help="Tell good from bad, or one to five stars. [default: the network's]"),
]
Words = Annotated[int | None, typer.Option(help="Size of the vocabulary, padding counted.", min=2)]
Length = Annotated[int | None, typer.Option(help="Words read of a review.", min=1, max=100_000)]
ReadTitle = Annotated[
    bool | None,
    typer.Option(
        "--read-title/--no-read-title",
        help="Read the headline before the text, or the text alone. [default: the network's way; the text alone where "
        "no column of headlines is known]",
    ),
]
Untitled = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="Of the training reviews with a headline, the share that is learned once more without it, by a network "
        "that reads headlines and will meet reviews that have none.",
        min=0,
        max=1,
    ),
]
Epochs = Annotated[int | None, typer.Option(help="Passes over the training part.", min=1, max=1000)]
Batch = Annotated[int | None, typer.Option(help="Reviews a step.", min=1, max=65_536)]
Optimizer = Annotated[
    Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] | None,
    typer.Option(help="How weights are moved by their gradients. [default: adam]"),
]
ClassWeights = Annotated[
    Literal["none", "balanced"],
    typer.Option(help="balanced: each class counts the same, however rare."),
]
Text = Annotated[
    str | None,
    typer.Option(help="Column of the review. [default: the data set's, else reviews_text]", metavar="COL"),
]
Rating = Annotated[
    str | None,
    typer.Option(help="Column of the stars; bad is below 4. [default: as --text, reviews_rating]", metavar="COL"),
]
Title = Annotated[str | None, typer.Option(help="Column of the headline. [default: the data set's]", metavar="COL")]


def rows_to_train(data: str, columns: Mapping[str, str | None], *, read_title: bool | None) -> "Labelled":
    """The rows, by :func:`columns_of`.

    Of a data set that is known to have no titles a classifier can learn to read them all the same: as first words.

    Raises:
        CommandError: they cannot be read, or it is not said where the title is that is to be read.
    """
    from models.data.catalogue import CATALOGUE

    rows = read_rows(data, **columns)
    if read_title and rows.columns.title is None and data not in CATALOGUE:
        raise CommandError("--read-title: which column holds the headline? Say --title COL")
    return rows


def columns_of(data: str, **given: str | None) -> dict[str, str | None]:
    """The columns that are given, and the usual ones of a file."""
    from models.data.catalogue import CATALOGUE

    if data in CATALOGUE:
        return given
    return given | {"text": given["text"] or "reviews_text", "rating": given["rating"] or "reviews_rating"}


def recipe_of(
    architecture: str,
    settings: Sequence[str],
    *,
    words: int | None,
    length: int | None,
    read_title: bool | None,
    titled: bool,
    epochs: int | None,
    batch: int | None,
    rate: float | None,
    optimizer: str | None,
    class_weights: str,
    patience: int | None,
    **others: Any,
) -> "Recipe":
    """The network's own recipe with what is given; ``others`` go to :func:`models.training.recipe.recipe` as they are.

    A network that reads the title of its own accord reads the text alone where the rows are not ``titled``, and its
    manifest then says so: it would know nothing of the titles that it may meet later. The mark before the text, where
    the network has one, stays, so that words are in the same field with a title and without.

    Raises:
        BadParameter: a setting is not of the form of :func:`changes`.
        CommandError: the network is unknown, or cannot take what is given.
    """
    import msgspec

    from models.architectures.errors import InvalidHyperparameters, UnknownArchitecture
    from models.architectures.registry import find
    from models.training.recipe import recipe

    fitting = {
        "epochs": epochs, "batch_size": batch, "learning_rate": rate, "optimizer": optimizer,
        "class_weights": class_weights, "patience": patience,
    }  # fmt: skip
    given = changes(settings)
    try:
        own = find(architecture)
        inputs = _inputs(own.preprocessing.inputs, read_title, titled=titled)
        if read_title is None and inputs != own.preprocessing.inputs:
            typer.echo(f"no column of titles is named (--title COL): {architecture} reads the text alone", err=True)
        known = msgspec.to_builtins(own.hyperparameters)
        reading = {"num_words": words, "length": length, "inputs": inputs}
        return recipe(
            architecture,
            hyperparameters=in_layers(given, known),
            preprocessing={name: value for name, value in reading.items() if value is not None},
            fitting={name: value for name, value in fitting.items() if value is not None},
            **others,
        )
    except (UnknownArchitecture, InvalidHyperparameters, msgspec.ValidationError) as error:
        raise CommandError(str(error)) from error


def _inputs(own: tuple[str, ...], read_title: bool | None, *, titled: bool) -> tuple[str, ...]:
    """What is read of a review by a network that reads ``own`` unless told."""
    if read_title is None:
        return own if titled else ("text",)
    return ("title", "text") if read_title else ("text",)


def changes(settings: Sequence[str]) -> dict[str, Any]:
    """Hyperparameters of ``name=value``: a number, or numbers with commas between them for one a layer.

    Raises:
        BadParameter: not of that form.
    """
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        try:
            if not (name and equals):
                raise ValueError
            numbers = [_number(part) for part in value.split(",")]
        except ValueError:
            raise typer.BadParameter(
                f"--set {setting}: not name=number, or name=number,number,... for one a layer, as in units=64,128"
            ) from None
        found[name] = numbers if "," in value else numbers[0]
    return found


def in_layers(found: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """``units=64`` of an architecture that has one layer is a list of one: lists where ``known`` has them."""
    return {
        name: [value] if isinstance(known.get(name), (list, tuple)) and not isinstance(value, list) else value
        for name, value in found.items()
    }


def shares(text: str) -> list[float]:
    """``0.1,0.3`` as shares of the training data, the full data always the last.

    Raises:
        BadParameter: one is no number above 0 and up to 1.
    """
    try:
        found = {float(part) for part in text.split(",")}
    except ValueError:
        found = set()
    if not found or not all(0 < share <= 1 for share in found):
        raise typer.BadParameter(f"--subset {text}: not shares above 0 and up to 1, as in 0.1,0.3,1.0")
    return sorted(found | {1.0})


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
