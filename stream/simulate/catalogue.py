"""What a tenant sells and what its customers say: products, sentences and story lines, from a TOML file."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

FOLDER: Final = Path(__file__).with_name("catalogues")

Share = Annotated[float, Meta(ge=0, le=1)]
Minute = Annotated[float, Meta(ge=0)]
Sentences = tuple[str, ...]


class Product(Struct, frozen=True):
    """One product; a catalogue lists them from the most reviewed to the least."""

    id: str
    name: str
    noun: str
    """What a sentence calls it."""
    kinds: tuple[str, ...]
    """Whose remarks fit it."""
    categories: tuple[str, ...]
    good: Share
    """Share of its reviews that are good, of those that are not mixed."""
    brand: str | None = None


class Remarks(Struct, frozen=True):
    """What is said of one kind of product only."""

    good: Sentences
    bad: Sentences


class Titles(Struct, frozen=True):
    """Headlines by mood."""

    good: Sentences
    bad: Sentences
    mixed: Sentences


class Story(Struct, frozen=True):
    """Something that happens to a product: curves of (minute, value), straight between the points."""

    product: str
    what: str
    good: tuple[tuple[Minute, Share], ...] = ()
    """Share of good reviews, in place of the product's own."""
    volume: tuple[tuple[Minute, float], ...] = ()
    """Factor on the number of reviews."""


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about one tenant. ``{noun}`` in a sentence stands for the product's noun."""

    tenant: str
    products: tuple[Product, ...]
    openers: Sentences
    good: Sentences
    bad: Sentences
    good_verdicts: Sentences
    bad_verdicts: Sentences
    mixed_verdicts: Sentences
    titles: Titles
    kinds: dict[str, Remarks]
    stories: tuple[Story, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """One product with all that is said of it."""

    catalogue: Catalogue
    product: Product
    praise: Sentences
    """Good remarks that fit this product."""
    blame: Sentences
    """Bad ones."""


def subjects(catalogue: Catalogue) -> list[Subject]:
    """Every product of a catalogue, in its order."""
    return [
        Subject(
            catalogue,
            product,
            praise=tuple(sentence for kind in product.kinds for sentence in catalogue.kinds[kind].good),
            blame=tuple(sentence for kind in product.kinds for sentence in catalogue.kinds[kind].bad),
        )
        for product in catalogue.products
    ]


@cache
def load(tenant: str) -> Catalogue:
    """The catalogue of one of the tenants.

    Raises:
        KeyError: there is none of that name.
    """
    path = FOLDER / f"{tenant}.toml"
    if path.parent != FOLDER or not path.is_file():
        raise KeyError(tenant)
    return msgspec.toml.decode(path.read_bytes(), type=Catalogue)
