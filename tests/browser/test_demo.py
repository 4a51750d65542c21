"""The demo as a newcomer meets it: one command, one address, and a page that lives."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from infra.ports import free_port
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def demo() -> Iterator[dict[str, Any]]:
    """What ``aura demo --json`` says of itself once it runs."""
    command = [sys.executable, "-m", "infra", "demo", "--no-browser", "--json", "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the demo ended with {process.wait()} before it was ready"
            yield json.loads(line)
        finally:
            process.terminate()


def test_every_business_of_the_demo_has_products_and_reviews_that_keep_coming(
    visitor: Visitor, demo: dict[str, Any]
) -> None:
    visitor.open(demo["page"])
    products = [look_at(visitor, tenant) for tenant in demo["keys"]]
    assert len(set().union(*products)) == sum(len(each) for each in products)
    assert not visitor.complaints()
    assert [url for url in visitor.requested() if not url.startswith(f"{demo['url']}/")] == []


def look_at(visitor: Visitor, tenant: str) -> set[str]:
    """Choose a business and wait until its reviews come in; returns its products."""
    visitor.pick("tenant", tenant)
    visitor.until(lambda: f"#/{tenant}" in visitor.chrome.current_url, f"the address of {tenant}")
    visitor.until(lambda: len(visitor.all("tbody .product-name")) >= 3, f"three products of {tenant}")
    visitor.see("#connection", "Live")
    first = visitor.until(lambda: newest(visitor), "a scored review")
    visitor.until(lambda: newest(visitor) != first, "another scored review")
    visitor.until(lambda: float(visitor.see("#rate").text) > 0, "a rate above zero")
    return set(visitor.texts("tbody .product-name"))


def newest(visitor: Visitor) -> str | None:
    """The event of the review on top of the stream."""
    event: str | None = visitor.script("return document.querySelector('.stream-list .review')?.dataset.event")
    return event


def test_a_product_of_the_demo_has_a_line_over_time(visitor: Visitor, demo: dict[str, Any]) -> None:
    visitor.open(demo["page"])
    visitor.see("tbody .product-name").click()
    drawn = "return document.querySelector('#detail .chart-line').getAttribute('d')"
    visitor.until(lambda: (visitor.script(drawn) or "").count("L") >= 10, "a line of sentiment over time")
    visitor.see("#detail .review-text")
