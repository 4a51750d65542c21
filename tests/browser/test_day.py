"""A day of a visitor: what moved, was it so before, how do two compare, why, and who calls when it turns."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import pytest
from selenium.webdriver.common.keys import Keys

from stream.tenant_rules import AlertRule
from tests.api.alerting import happen, looked, write
from tests.browser.live_page import GOOD, MINUTE_MS, LivePage
from tests.browser.visitor import Visitor

TURNED = "kettle-5"
RULE = AlertRule("turns", "low", "1h", "products", threshold=0.0, note="Call the supplier.")
RULES = """
[[tenants.alerts]]
id = "turns"
kind = "low"
window = "1h"
scope = "products"
threshold = 0.0
note = "Call the supplier."
"""


@pytest.fixture(scope="module")
def turned(live_page: LivePage) -> LivePage:
    """The shop, with a kettle that was good for long and bad in the last half hour."""
    now = int(time.time() * 1000)
    kettle = {"product_id": TURNED, "product_name": "Kettle Five", "brand": "Brewer"}
    complaint = live_page.bad.lower()  # the same to the model, and another text to whoever looks for that one
    before = [{**kettle, "text": GOOD, "occurred_at": now - (90 + n) * MINUTE_MS} for n in range(24)]
    since = [{**kettle, "text": complaint, "occurred_at": now - n * MINUTE_MS} for n in range(24)]
    live_page.publish("shop", *before, *since)
    live_page.await_product("shop", TURNED, len(before) + len(since))
    return live_page


def test_what_moved_beyond_chance_leads_the_list_and_to_the_product(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h")
    mover = visitor.see("#movers .mover", "Kettle Five")
    first = turned.ask("shop", "movers?window=1h")["movers"][0]
    assert first["product_id"] == TURNED
    assert "beyond chance" in mover.text
    assert f"−{-first['change'] * 100:.1f} pts" in mover.text
    assert " to " in mover.text
    visitor.see("#tile-change ~ *, .tile-change", " to ")
    mover.find_element("css selector", "a").click()
    visitor.see("#detail-title", "Kettle Five")
    visitor.pick("detail-window", "all")
    visitor.see("#movers", "All time has nothing before it")


def test_the_list_calls_the_same_changes_sure_as_what_moved_does(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h")
    row = visitor.see(f"tr[data-product='{TURNED}'] .change[data-direction='fell']", "pts")
    tested = turned.ask("shop", "movers?window=1h")["tested"]
    visitor.until(
        lambda: f"beyond chance, with {tested} product" in str(row.get_attribute("title")),
        "the verdict of all products",
    )
    assert "beyond chance" in str(row.get_attribute("textContent")), "said to whoever does not see the arrow"
    listed = {mover["product_id"] for mover in turned.ask("shop", "movers?window=1h")["movers"]}
    marked = "[...document.querySelectorAll('tbody tr')].filter((row) => "
    marked += "row.querySelector('.change[data-direction=fell], .change[data-direction=rose]'))"
    assert set(visitor.script(f"return {marked}.map((row) => row.dataset.product)")) == listed
    visitor.follow(f"/shop/product/{TURNED}?window=1h")
    visitor.see("#detail .change[data-direction='fell']", "pts")


def test_agreement_with_the_stars_and_drift_are_told_with_what_they_rest_on(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=24h")
    accuracy = turned.ask("shop", "accuracy?window=24h")
    low, high = accuracy["accuracy_interval"]
    agreement = visitor.see("#trust [aria-label='Agreement with stars']", f"{accuracy['accuracy']:.1%}")
    assert f"{low:.1%}".rstrip("%") + f"–{high:.1%} (95%)" in agreement.text
    assert f"{accuracy['rated']} of {accuracy['reviews']} reviews in the last 24 hours had stars" in agreement.text
    assert ("less than" if accuracy["card"]["lower"] else "as good as") in agreement.text
    assert turned.ask("shop", "drift?window=24h&reference=30d")["level"] == "too_few"
    drift = visitor.see("#trust [aria-label='Drift']", "too few reviews to tell")
    assert "in the last 24 hours against 0 in the 30 days before." in drift.text
    visitor.see("#trust summary").send_keys(Keys.ENTER)
    visitor.see("#trust details p", "It says that reviews look otherwise, not that the model is wrong.")


def test_what_cannot_be_told_of_the_model_is_said(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=30d&at=2025-01-01T12:00:00Z")
    visitor.see("#trust [aria-label='Agreement with stars']", "No reviews in the 30 days up to then.")
    visitor.see("#trust [aria-label='Drift']", "0 reviews in the 30 days up to then against 0 in the 60 days before.")
    shown = visitor.module("view/trust.js", DOUBTS.replace("reason: null, answer: {", "reason: 'Too long ago.', no: {"))
    assert shown == {
        "Agreement with stars": "Agreement with stars|–|Cannot be told|Too long ago.",
        "Drift": "Drift|–|Cannot be told|Too long ago.",
    }


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_drift_and_doubt_are_shown_as_the_api_tells_them(
    visitor: Visitor, turned: LivePage, width: int, scheme: str
) -> None:
    visitor.emulate(width, 900, scheme)
    visitor.enter(turned, "/shop?window=24h")
    shown = visitor.module("view/trust.js", DOUBTS)
    assert shown["Agreement with stars"].startswith(
        "Agreement with stars|81.2%|less than its test promised|78.0–84.1% (95%); 500 of 800 reviews"
    )
    assert "expect 93.0% with as many bad ones: p = 0.0021." in shown["Agreement with stars"]
    assert shown["Drift"].startswith("Drift|Major|reviews look quite otherwise|800 reviews in the last 24 hours")
    assert "mean P(good) 88.0% → 61.0%, PSI 0.41." in shown["Drift"]
    assert "Words unknown to the model: 1.0% → 12.0% (+8.0 to +14.0 pts)." in shown["Drift"]
    assert "Scores last changed in the hour of " in shown["Drift"]
    assert "Only what products scored is judged" in shown["Drift"]


DOUBTS = """
    const period = (reviews, mean) => ({ reviews, mean_p_good: mean, shares: [] });
    const state = {
      route: { window: "24h", at: null },
      trust: {
        window: "24h",
        accuracy: { reason: null, answer: {
          window: "24h", model: "products", reviews: 800, rated: 500, accuracy: 0.812, accuracy_interval: [0.78, 0.841],
          card: { expected_accuracy: 0.93, lower: true, p_value: 0.0021 },
        } },
        drift: { reason: null, answer: {
          window: "24h", reference: "30d", level: "major", model: "products@4f2e9c01ab37", model_changed: true,
          scores: { level: "major", psi: 0.412, changed_ms: 1763800000000, current: period(800, 0.61),
            reference: period(9000, 0.88) },
          words: { level: "major", reference_unknown_rate: 0.01, unknown_rate: 0.12, change_interval: [0.08, 0.14] },
        } },
      },
    };
    const node = m.createTrust({ store: { subscribe: (listen) => listen(state, null) } });
    return Object.fromEntries([...node.querySelectorAll(".trust-part")].map((part) => [
      part.getAttribute("aria-label"),
      [...part.querySelectorAll("h3, .trust-value, .trust-verdict, .tile-note")].map((e) => e.textContent).join("|"),
    ]));
"""


def test_a_moment_in_the_past_is_shown_everywhere_marked_linked_and_left(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h")
    visitor.see("#tile-reviews")
    visitor.see("#moment-button").click()
    visitor.see("#moment button", "1 hour ago").click()
    visitor.see("#past", "As of ")
    address = visitor.chrome.current_url
    at = parse_qs(address.split("?", 1)[1])["at"][0]
    then = turned.ask("shop", f"summary?at={at}")["windows"]["1h"]
    assert 0 < then["reviews"] < turned.ask("shop", "summary")["windows"]["1h"]["reviews"]
    visitor.see("#tile-reviews", str(then["reviews"]))
    visitor.until(lambda: visitor.texts("tbody .product-name") == ["Kettle Five"], "the one product of then")
    visitor.see(".stream-note", "the rest of the page is as of")
    assert not any(key in address for key in turned.keys.values())
    visitor.chrome.refresh()
    visitor.see("#past", "As of ")
    visitor.see("#tile-reviews", str(then["reviews"]))
    visitor.see("#back-to-live").click()
    visitor.gone("#past")
    visitor.see("tbody .product-name", "Desk lamp Arc")
    visitor.chrome.back()
    visitor.see("#past", "As of ")
    visitor.press("l")
    visitor.gone("#past")
    offered = visitor.texts(".bar-times .segment")
    assert offered == ["5m", "15m", "1h", "24h", "7d", "30d", "All"], "in their order again"


def test_a_time_without_reviews_leads_back_to_where_there_are_some(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h&at=2025-01-01T12:00:00Z")
    visitor.see("#past", "1h is not kept of it")
    visitor.see(".products-note", "No reviews in the 30 days up to then")
    visitor.see("#movers", "No product has 5 reviews in both windows")
    visitor.see(".products-foot button", "Back to live").click()
    visitor.see("tbody .product-name", "Kettle Five")


def test_two_products_are_chosen_and_compared_by_keyboard_alone(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=24h")
    for product in (TURNED, "lamp-1"):
        visitor.see(f"tr[data-product='{product}'] .product-name").send_keys("x")
    visitor.see(".tray", "2 chosen")
    visitor.press("c")
    pair = turned.ask("shop", f"compare?item={TURNED}&item=lamp-1&window=24h")["differences"][0]
    visitor.see("#comparison .pairs tbody tr", "Kettle Five less Desk lamp Arc")
    (row,) = visitor.texts("#comparison .pairs tbody tr")
    assert f"−{-pair['difference'] * 100:.1f} pts" in row
    assert " to " in row
    assert "p " in row
    assert visitor.script("return document.activeElement.id") == "comparison-title"
    assert len(visitor.all("#comparison .compared .ratio")) == 2
    address = visitor.chrome.current_url
    assert address.endswith(f"/shop/compare?item={TURNED}&item=lamp-1&window=24h")
    visitor.chrome.refresh()
    visitor.see("#comparison .pairs tbody tr", "Kettle Five")
    visitor.escape()
    visitor.gone("#comparison")
    visitor.see(".tray", "2 chosen")


def test_a_product_says_which_words_its_bad_reviews_have_and_a_review_why_it_is_bad(
    visitor: Visitor, turned: LivePage
) -> None:
    visitor.enter(turned, f"/shop/product/{TURNED}?window=24h")
    terms = turned.ask("shop", f"products/{TURNED}/drivers?window=24h")["terms"]
    bad = [term["term"] for term in terms if term["leans"] == "bad"]
    assert bad
    visitor.see("#drivers .terms tbody th", bad[0])
    visitor.see("#detail .headline", "corrected ")
    visitor.see("#detail .review-bad .why").click()
    answer = visitor.see("#detail .explanation", "Towards bad:")
    marks = answer.find_elements("css selector", "mark[data-side='bad']")
    assert marks
    assert all(mark.text and mark.text in turned.bad.lower() for mark in marks)


def test_an_alert_is_told_counted_and_listed(visitor: Visitor, turned: LivePage) -> None:
    with edited(turned, 'kind = "ecommerce"\n', f'kind = "ecommerce"\n{RULES}'):
        visitor.enter(turned, "/shop?window=1h")
        visitor.see("#connection", "Live")
        raised = happen(1, "raised", TURNED, RULE, "Kettle Five")
        asyncio.run(write(turned.redis_url, "shop", [raised], [looked(TURNED, rule=RULE)]))
        visitor.see(".alert-notice", "Raised: Kettle Five (turns). because of 1").find_element(
            "css selector", "button"
        ).click()
        visitor.see("#alerts .alert-event", "Call the supplier.")
        visitor.see("#alerts .rule[data-state='on']", "still because")
        visitor.until(lambda: visitor.texts(".badge") == ["1"], "a badge with one alert")
        visitor.gone(".alert-notice")
        visitor.see("#alerts .alert-event a", "Kettle Five").click()
        visitor.see("#detail-title", "Kettle Five")
        visitor.chrome.back()
        visitor.see("#alerts-title", "Alerts")


def test_the_keyboard_finds_its_way_and_says_how(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h")
    visitor.see("tbody .product-name")
    visitor.press("?")
    visitor.see("#help .shortcuts", "Find a product")
    visitor.press("/")
    assert visitor.script("return document.activeElement.id") != "search", "a dialog that is open keeps its keys"
    visitor.escape()
    visitor.gone("#help")
    visitor.press("/")
    visitor.press("kettle?")
    assert visitor.see("#search").get_attribute("value") == "kettle?"
    visitor.press(Keys.BACKSPACE)
    visitor.see("tbody .product-name", "Kettle Five").send_keys("]")
    visitor.until(lambda: "window=24h" in visitor.chrome.current_url, "a longer window")


def test_a_key_that_asks_too_often_is_told_what_to_do(visitor: Visitor, turned: LivePage) -> None:
    visitor.enter(turned, "/shop?window=1h")
    visitor.see("tbody .product-name")
    limits = 'kind = "ecommerce"\nrequests_per_second = 1\nrequest_burst = 1\n'
    with edited(turned, 'kind = "ecommerce"\n', limits):
        visitor.see(".notice", "asked with too often")
        assert visitor.see("#tile-reviews").text != "–"
    visitor.gone(".notice")


@contextmanager
def edited(page: LivePage, old: str, new: str) -> Iterator[None]:
    """The tenants file with something else in it, for a while."""
    before = page.tenants_file.read_text()
    assert old in before
    page.tenants_file.write_text(before.replace(old, new, 1))
    try:
        yield
    finally:
        page.tenants_file.write_text(before)
