"""What the page owes every visitor: no fault, no stranger, readable, usable, honest about being cut off."""

import io
import os
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image
from redis import Redis

from tests.browser import pictures
from tests.browser.live_page import LivePage
from tests.browser.visitor import Visitor

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()
PLACES = [
    "/shop?window=1h",
    "/shop/product/lamp-1?window=1h",
    "/cinema",
    "/shop/compare?item=lamp-1&item=press-2&window=1h",
    "/shop/alerts?window=1h&at=2024-05-20T12:00:00Z",
]
SIGNS = dict(
    zip(
        PLACES,
        [".product-share", "#detail .review-text", "#blank", "#comparison .difference", "#alerts-title"],
        strict=True,
    )
)


def test_nothing_fails_and_no_request_leaves_the_origin(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("tbody .product-name", "Desk lamp Arc").click()
    visitor.see("#detail .review-text")
    visitor.follow("/bank?window=all")
    visitor.see("tbody .product-name", "Mobile app")
    visitor.follow("/cinema")
    visitor.see("#blank")
    assert not visitor.complaints()
    asked = visitor.requested()
    assert len(asked) > 20
    assert [url for url in asked if not url.startswith(f"{live_page.url}/")] == []
    assert not [url for url in asked if "aura_" in url], "a key is in an address"


def test_a_lost_connection_is_told_and_the_last_figures_stay(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("tbody .product-name", "Desk lamp Arc")
    visitor.see("#connection", "Live")
    visitor.disconnect(True)
    visitor.see(".notice", "No answer from the API since")
    assert "Desk lamp Arc" in visitor.texts("tbody .product-name")
    assert visitor.see("#tile-reviews").text != "–"
    visitor.disconnect(False)
    visitor.gone(".notice")
    visitor.see("#connection", "Live")


def test_figures_are_not_called_live_while_the_store_is_away(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("#connection", "Live")
    with closing(Redis.from_url(live_page.redis_url)) as redis:
        server = redis.info()["process_id"]
    os.kill(server, signal.SIGSTOP)
    try:
        visitor.see("#connection", "Not current")
        assert visitor.see("#rate").text == visitor.see("#lag").text == "–"
        visitor.see(".notice", "The store behind the API is away since")
    finally:
        os.kill(server, signal.SIGCONT)
    visitor.gone(".notice")
    visitor.see("#connection", "Live")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_reaches_aa_contrast(visitor: Visitor, live_page: LivePage, scheme: str, place: str) -> None:
    visitor.emulate(1440, 900, scheme)
    go(visitor, live_page, place)
    visitor.until(lambda: not visitor.script(CONTRAST), f"no faint text, found {visitor.script(CONTRAST)}")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("width", [360, 768, 1024, 1440])
def test_nothing_sticks_out_sideways(visitor: Visitor, live_page: LivePage, width: int, place: str) -> None:
    visitor.emulate(width, 800)
    go(visitor, live_page, place)
    assert visitor.script("return document.documentElement.scrollWidth") <= width
    column = "const column = document.querySelector('.column-main'); return column.scrollWidth - column.clientWidth"
    assert visitor.script(column) <= 0, "a table or chart runs under the stream"
    assert (
        visitor.script("return Math.max(...[...document.querySelectorAll('.detail')].map((e) => e.scrollWidth))")
        <= width
    )


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_the_bar_of_a_business_that_replays_history_wraps(
    visitor: Visitor, live_page: LivePage, width: int
) -> None:
    visitor.emulate(width, 800)
    go(visitor, live_page, PLACES[0])
    visitor.script("const now = Date.now; Date.now = () => now() + 2 * 86400000")
    visitor.see(".as-of", "as of ")
    assert visitor.script("return document.documentElement.scrollWidth") <= width
    sticks_out = (
        "return [...document.querySelectorAll('.status-part')].filter((part) => part.checkVisibility())"
        ".map((part) => part.getBoundingClientRect()).filter((box) => box.left < 0 || box.right > arguments[0]).length"
    )
    assert visitor.script(sticks_out, width) == 0


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_no_chosen_product_lies_under_the_button_that_compares(
    visitor: Visitor, live_page: LivePage, width: int
) -> None:
    visitor.emulate(width, 800)
    go(visitor, live_page, PLACES[0])
    for product in ("lamp-1", "press-2", "pack-3"):
        visitor.see(f"tr[data-product='{product}'] .product-name").send_keys("x")
    visitor.see(".tray", "3 chosen")
    covered = (
        "return [...document.querySelectorAll('.tray button')].filter((button) => {"
        "const box = button.getBoundingClientRect();"
        "return [box.left + 4, box.right - 4].some((x) =>"
        "!button.contains(document.elementFromPoint(x, (box.top + box.bottom) / 2)))"
        "}).map((button) => button.textContent)"
    )
    assert visitor.script(covered) == []


def test_a_picture_is_taken_of_what_is_on_show(visitor: Visitor, live_page: LivePage) -> None:
    asked = pictures.Picture("phone", 390, 700, "dark", "/shop?window=1h", ("tbody .product-name",))
    pictures.go(visitor, live_page.with_keys, asked)
    shown = Image.open(io.BytesIO(pictures.take(visitor))).convert("RGB")
    assert shown.size == (390, 700)
    pixels = numpy.asarray(shown)
    assert pixels[2, 2].max() < 100, "dark"
    assert len(numpy.unique(pixels.reshape(-1, 3), axis=0)) > 20


OVERLAPS = """
    const boxes = [...document.querySelectorAll("tbody tr")].slice(0, 3).map((row) =>
      [".pick", ".product-name", ".product-brand", ".spark", ".product-reviews", ".change"]
        .map((part) => [part, row.querySelector(part)]).filter(([, node]) => node?.checkVisibility())
        .map(([part, node]) => [part, node.getBoundingClientRect()]));
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    return boxes.flatMap((row) => row.flatMap(([name, box], i) =>
      row.slice(i + 1).filter(([, other]) => !apart(box, other)).map(([other]) => `${name} and ${other}`)));
"""
CUT = """
    return [...document.querySelectorAll(arguments[0])].filter((node) => node.scrollWidth > node.clientWidth + 1)
      .map((node) => node.textContent);
"""


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_in_a_row_of_the_list_lies_over_another_thing(
    visitor: Visitor, live_page: LivePage, width: int
) -> None:
    visitor.emulate(width, 900)
    go(visitor, live_page, PLACES[0])
    visitor.see("tbody .product-name", "Desk lamp Arc")
    assert visitor.script(OVERLAPS) == []


@pytest.mark.parametrize("width", [1030, 1280, 1440])
def test_the_choice_above_the_reviews_is_whole(visitor: Visitor, live_page: LivePage, width: int) -> None:
    visitor.emulate(width, 900)
    go(visitor, live_page, PLACES[0])
    assert visitor.script(CUT, ".stream-head .segmented, .stream-head h2, .stream-head .button") == []


@pytest.mark.parametrize("place", PLACES)
def test_every_control_has_a_name(visitor: Visitor, live_page: LivePage, place: str) -> None:
    visitor.emulate(1440, 900)
    go(visitor, live_page, place)
    visitor.cdp("Accessibility.enable", {})
    nodes: list[dict[str, Any]] = visitor.cdp("Accessibility.getFullAXTree", {})["nodes"]
    controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in CONTROLS]
    assert len(controls) > 10
    assert [node for node in controls if not node["name"]["value"].strip()] == []


CONTROLS = {"button", "link", "radio", "searchbox", "textbox", "combobox", "slider", "dialog", "table", "img"}


def test_on_a_phone_a_product_covers_the_page_and_the_list_gives_way_to_the_stream(
    visitor: Visitor, live_page: LivePage
) -> None:
    visitor.emulate(360, 740)
    go(visitor, live_page, PLACES[1])
    assert visitor.script("return document.querySelector('#detail').getBoundingClientRect().width") == 360
    assert visitor.script("return document.querySelector('#page').inert")
    visitor.see("#detail [aria-label='Close']").click()
    visitor.gone("#stream")
    visitor.pick("part", "stream")
    visitor.see("#stream .review")
    visitor.gone("#products")


def go(visitor: Visitor, live_page: LivePage, place: str) -> None:
    visitor.enter(live_page, place)
    visitor.see(SIGNS[place])
