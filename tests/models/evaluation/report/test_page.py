"""The page says what the JSON says, and nothing that a review's author wrote is more than text on it."""

import base64
import json
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest

from models.artefact import locate, read
from models.evaluation import catalogue
from models.evaluation.mistakes import worst
from models.evaluation.report import contents
from models.evaluation.report.contents import Report
from models.evaluation.report.page import PRODUCT_CHARS, page
from models.evaluation.shares import by_product
from models.evaluation.table import Candidate, table
from models.evaluation.wording import number, signed
from models.goodness import p_good
from tests.models.evaluation.samples import BAD, STARS, noisy

EVIL = '<script>alert("kettle")</script>'


def report(labels: tuple[str, ...], *, texts: bool = True) -> Report:
    rows = noisy(120, labels, seed=1)
    flat = np.full_like(rows.probabilities, 1 / len(labels))
    candidates = [Candidate("ours", "model", rows.probabilities), Candidate("flat", "baseline", flat)]
    answers = [
        contents.Answers("training", rows.truth, rows.probabilities),
        contents.Answers("validation", rows.truth[:0], rows.probabilities[:0]),
        contents.Answers("test", rows.truth, rows.probabilities),
    ]
    return Report(
        made_at="2025-01-01T00:00:00+00:00",
        model=contents.Model(
            name="kettles & pots",
            version="0123456789ab",
            architecture="cnn-lstm",
            inputs=("text",),
            labels=labels,
            megabytes=4.2,
            reviews_per_second=1234.5,
            device="CPU (2 cores)",
            trained_on="our own sentences",
            training_licence="ours",
        ),
        data=contents.Data(
            name="kettles",
            file="kettles.csv",
            sha256="ab" * 32,
            rows=120,
            skipped=3,
            target="as rated",
            measured_on="all rows",
            leaks=7,
        ),
        seed=1,
        resamples=100,
        lines=table(rows.truth, candidates, labels, seed=1, resamples=100),
        baselines="fitted on other kettles",
        bad_share_by_product=by_product(
            [f"{EVIL}{row % 12 * 'x'}" if row < 100 else "x" * 99 for row in range(120)],
            rows.truth == (1 if len(labels) == 2 else 0),
            [(each.name, 1 - p_good(each.probabilities, labels)) for each in candidates],
            seed=1,
            resamples=100,
        ),
        parts=contents.parts(answers, labels),
        diagrams=(contents.diagram("calibrated", rows.truth, rows.probabilities, labels),),
        training=read(locate("reference")).manifest.training,
        mistakes=worst(rows.truth, rows.probabilities, labels, [EVIL] * 120 if texts else None),
    )


class Parsed(HTMLParser):
    """Cells of each table by row heading; pictures; what the page would load; names of elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, list[str]]] = {}
        self.tags: set[str] = set()
        self.outside: list[str] = []
        self.images: list[bytes] = []
        self._table = self._row = ""
        self._in: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        of = dict(attrs)
        for name in ("src", "srcset", "href"):
            value = of.get(name) or ""
            if value.startswith("data:image/png;base64,"):
                self.images.append(base64.b64decode(value.split(",", 1)[1], validate=True))
            elif value:
                self.outside.append(value)
        if tag == "table":
            self._table = of.get("id") or f"confusion {of.get('data-part')}"
            self.tables[self._table] = {}
        elif tag == "th" and of.get("scope") == "row":
            self._in, self._row = "heading", ""
        elif tag == "td" and self._row:
            self._in = "cell"
            self.tables[self._table][self._row].append("")
        elif tag == "small":
            self._in = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "th" and self._in == "heading":
            self.tables[self._table][self._row] = []
        if tag in ("th", "td", "small"):
            self._in = None
        if tag == "tr":
            self._row = ""

    def handle_data(self, data: str) -> None:
        if self._in == "heading":
            self._row += data
        elif self._in == "cell":
            self.tables[self._table][self._row][-1] += data.strip()


@pytest.mark.parametrize("labels", [BAD, STARS])
def test_the_figures_on_the_page_are_those_of_the_json(labels: tuple[str, ...]) -> None:
    made = report(labels)
    said = json.loads(contents.to_json(made))
    found = Parsed(page(made)).tables
    assert set(found) == {
        "figures", "differences", "classes", "products", "share-errors", "parts", "confusion training",
        "confusion test",
    }  # fmt: skip
    first, second = said["lines"]
    for entry in catalogue.overall(labels):
        name = entry.name
        assert found["figures"][entry.title] == [number(line["figures"][name]["value"]) for line in (first, second)]
        assert found["differences"][entry.title] == [signed(second["versus"]["differences"][name]["value"])]
        assert found["parts"][entry.title] == [number(part["values"][name]) for part in said["parts"]]
    for row, label in enumerate(labels):
        names = [entry.name for entry in catalogue.of_class(label)]
        assert found["classes"][label] == [number(first["figures"][name]["value"], name) for name in names]
        assert found["confusion test"][label] == [str(count) for count in first["confusion"][row]]
    shares = said["bad_share_by_product"]
    assert len(found["products"]) == len(shares["biggest"]) == 10
    for each in shares["biggest"]:
        expected = [f"{each['reviews']}", *(f"{each[name]:.2%}" for name in ("bad", "labelled_bad", "p_bad"))]
        shown = each["product"] if len(each["product"]) < PRODUCT_CHARS else "x" * (PRODUCT_CHARS - 1) + "…"
        assert found["products"][shown] == expected
    for name, title in (("labelled_bad", "Labelled bad"), ("p_bad", "Mean P(bad)")):
        assert found["share-errors"][title] == [number(line[name]["value"]) for line in shares["errors"]]
    chance = [number(line["p_bad_by_chance"]) for line in shares["errors"]]
    assert found["share-errors"]["Mean P(bad), by chance"] == chance


def test_the_page_needs_nothing_else() -> None:
    found = Parsed(page(report(BAD)))
    assert found.outside == []
    assert not found.tags & {"script", "link", "iframe", "object"}
    # Three pictures, each for a light page and for a dark one.
    assert len(set(found.images)) == len(found.images) == 6
    assert all(image.startswith(b"\x89PNG") for image in found.images)


def test_texts_are_texts() -> None:
    html = page(report(BAD))
    assert EVIL not in html
    assert "&lt;script&gt;alert(" in html
    assert "<h1>kettles &amp; pots</h1>" in html
    assert '<th scope="row">&lt;script&gt;alert(' in html  # a product's id
    assert "x" * PRODUCT_CHARS not in html


def test_there_is_no_section_of_products_where_there_are_none() -> None:
    made = msgspec.structs.replace(report(BAD), bad_share_by_product=None)
    html = page(made)
    assert not {"products", "share-errors"} & set(Parsed(html).tables)
    assert "by product" not in html
    assert json.loads(contents.to_json(made))["bad_share_by_product"] is None


def test_texts_can_be_left_out() -> None:
    made = msgspec.structs.replace(report(BAD, texts=False), bad_share_by_product=None)
    assert made.mistakes
    assert "alert" not in page(made)
    assert b"alert" not in contents.to_json(made)


def test_leaks_stand_at_the_top() -> None:
    made = report(BAD)
    assert "7 of them have the text of a review" in page(made)
    clean = msgspec.structs.replace(made, data=msgspec.structs.replace(made.data, leaks=0))
    assert "the figures flatter" not in page(clean)
