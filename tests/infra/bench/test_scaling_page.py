"""The page's figures are replaced, and its sentences are not."""

from pathlib import Path
from typing import Any

import pytest

from infra.bench.arithmetic import Costs, needs
from infra.bench.scaling_page import BEGIN, END, figures, renew
from infra.errors import CommandError
from tests.command_line import ROOT

COSTS = Costs(40.0, 2.0, 4.0, 6.0, 420.0, 130.0, 340.0)
ROW = {
    "reviews_per_second": 21_000, "spread": [20_000, 22_000],
    "microseconds_a_review": {"workers": 40.0, "kafka": 4.0, "redis": 6.0},
}  # fmt: skip
BOTH = ("spread_evenly", "as_they_come")
RESULT: dict[str, Any] = {
    "model": "reference", "reviews": 60_000, "texts": "real reviews", "products": 1_000,
    "workers": {"2": ROW}, "one_worker_as_they_come": ROW,
    "steady_batch": 1024, "one_worker_steady_batches_by_shards": {"1": ROW, "16": ROW},
    "costs_of_a_review": {products: COSTS.as_dict() for products in BOTH},
    "calculated_for": 1_000_000,
    "needed": {products: needs(1_000_000, COSTS) for products in BOTH},
    "machine": {
        "cores": 2, "processor": "AMD EPYC", "python": "3.11.7", "kafka": "4.3.1", "redis_server": "7.0.15",
        "load_average": 0.1,
    },
}  # fmt: skip


def test_only_what_is_between_the_marks_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nA sentence.\n")
    renew(page, RESULT)
    renew(page, RESULT)
    assert page.read_text() == f"# Title\n\n{BEGIN}\n\n{figures(RESULT)}\n{END}\n\nA sentence.\n"
    assert "| 2 | 1,000 products, evenly | 21,000 | 20,000, 22,000 | 40.0 | 4.0 | 6.0 |" in page.read_text()
    assert "| workers, one a core | 58 | 58 |" in page.read_text()


def test_a_rate_that_no_number_of_shards_carries_is_told() -> None:
    needed = {products: needs(1e6, COSTS._replace(redis_shard_microseconds=1.0)) for products in BOTH}
    assert "| Redis shards, one a core | no number is enough | no number is enough |" in figures(
        RESULT | {"needed": needed}
    )


def test_a_page_without_the_marks_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{END} {BEGIN}\n")
    with pytest.raises(CommandError, match="expected"):
        renew(page, RESULT)
    assert page.read_text() == f"{END} {BEGIN}\n"


def test_the_page_that_is_there_has_the_marks_and_these_rows() -> None:
    page = (ROOT / "infra/SCALING.md").read_text()
    between = page.partition(BEGIN)[2].partition(END)[0]

    def labels(text: str) -> list[str]:
        return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ") and "---" not in line]

    rows = [label for label in labels(figures(RESULT)) if not label.isdigit()]
    assert [label for label in labels(between) if not label.isdigit()] == rows
