"""The data sets that have a name.

Each entry describes files that whoever uses it has put into a folder of their own: Aura carries no reviews. The
SHA-256 is that of the copy on which the figures in README and model cards were measured.
"""

from typing import Final, Literal, NamedTuple

from models.data.labelled import FIVE_STARS, TEN_POINTS, Columns, Scale


class DataFile(NamedTuple):
    """One file of a data set: a CSV with a header, gzip'd, in UTF-8."""

    name: str
    sha256: str
    part: Literal["train", "test"] | None = None
    """Side of the publisher's own split."""


class DataSet(NamedTuple):
    """What is known of a data set before its files are opened."""

    name: str
    title: str
    files: tuple[DataFile, ...]
    columns: Columns
    licence: str
    """A sentence; to be confirmed with the publisher before any commercial use."""
    source: str
    """Publisher, and where it is found."""
    scale: Scale = FIVE_STARS


_SETS: Final = (
    DataSet(
        "products",
        "Datafiniti Grammar and Online Product Reviews, 30,000-row subset",
        (DataFile("product_reviews.csv.gz", "51e5df8a7e049fb7590edf73461b879f4d32e3a65a7b70d0a00f71e07ed5a3b2"),),
        Columns("reviews_text", "reviews_rating", title="reviews_title", product="id", time="reviews_date"),
        "CC BY-NC-SA 4.0 (non-commercial)",
        "Datafiniti; Kaggle datafiniti/grammar-and-online-product-reviews, in the 15 columns of sample30.csv",
    ),
    DataSet(
        "imdb",
        "Large Movie Review Dataset v1.0, labelled part",
        (
            DataFile(
                "imdb_train.csv.gz", "f9b843f51c865ef7bde4f9182e5453d64c770c671e0cd8ea75a130fb3e3d3be8", part="train"
            ),
            DataFile(
                "imdb_test.csv.gz", "eec7295b6c316790e53f1ddadebf7455d8fd76f9b3bf26997df819fdf277f358", part="test"
            ),
        ),
        Columns("review", "rating", product="movie"),
        "No formal licence; the authors ask to cite Maas et al., Learning Word Vectors for Sentiment Analysis (2011)",
        "A. L. Maas et al., Stanford; aclImdb, one row a text file",
        TEN_POINTS,
    ),
    DataSet(
        "clothing",
        "Women's E-Commerce Clothing Reviews",
        (
            DataFile(
                "womens_clothing_reviews.csv.gz", "09f074b693b5edfece96020d939bd4f1e3c1db8967ba02a1b58f34ff91732c86"
            ),
        ),
        Columns("Review Text", "Rating", title="Title", product="Clothing ID"),
        "CC0",
        "Kaggle nicapotato/womens-ecommerce-clothing-reviews",
    ),
    DataSet(
        "apps",
        "Google Play reviews of 15 productivity apps, August 2020",
        (DataFile("app_reviews.csv.gz", "2339cd24e278e9744d86f3a590708501aca64ca9913a25e9588cfe0290e588cd"),),
        Columns("content", "score", product="appId", time="at"),
        "No data licence",
        "App users on Google Play; collected for a tutorial by V. Valkov, so many reviews a score",
    ),
    DataSet(
        "banks",
        "Google Play reviews of banking apps, four collections",
        (DataFile("bank_app_reviews.csv.gz", "989f778dc646cf8f6f6a7cbb15401e5de7538b33d2b63171e20956608e534fc8"),),
        Columns("content", "score", product="bank", time="at"),
        "No data licence",
        "App users on Google Play; collections of Greenlight, Moniepoint, three Ethiopian banks and ANZ",
    ),
)

CATALOGUE: Final[dict[str, DataSet]] = {data.name: data for data in _SETS}
"""By name. A name means the data set, not a file of that name here; that is ``./name``."""
