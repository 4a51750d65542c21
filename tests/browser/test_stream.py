"""Reviews as they come."""

import uuid

from tests.browser.live_page import GOOD, LivePage
from tests.browser.visitor import Visitor


def test_a_published_review_appears_with_its_score(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#connection", "Live")
    text = f"{live_page.bad} {uuid.uuid4().hex}"  # the same to the model, and no other review's
    live_page.publish("shop", {"product_id": "lamp-1", "text": text})
    review = visitor.see(".stream-list .review:first-child", text)
    assert "review-bad" in (review.get_attribute("class") or "")
    assert review.text.startswith("Bad ")
    assert "Desk lamp Arc" in review.text


def test_a_published_review_is_in_the_figures(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    before = live_page.ask("shop", "summary")["totals"]["reviews"]
    visitor.see("#tile-reviews", str(before))
    live_page.publish("shop", {"product_id": "lamp-1", "text": GOOD})
    visitor.see("#tile-reviews", str(before + 1))


def test_hostile_text_is_only_text(visitor: Visitor, live_page: LivePage) -> None:
    hostile = '<img src=x onerror="window.stolen = 1"><script>window.stolen = 2</script>{{7*7}} &lt;b&gt;'
    event = {"product_id": "hostile", "product_name": hostile, "brand": hostile, "title": hostile, "text": hostile}
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("#connection", "Live")
    live_page.publish("shop", event)
    review = visitor.see(".stream-list .review", hostile)
    review.find_element("css selector", ".review-product").click()
    visitor.see("#detail-title", hostile)
    visitor.see("#detail .review-text", hostile)
    visitor.escape()
    visitor.see("#search").send_keys(hostile)
    visitor.see("tbody .product-name", hostile)
    assert visitor.script("return window.stolen") is None
    assert not visitor.all("img, .review script, .review b, #detail script")
    assert not visitor.complaints()


def test_pause_holds_the_stream_and_resume_lets_it_go_on(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#connection", "Live")
    visitor.see("#pause").click()
    live_page.publish("shop", {"product_id": "press-2", "text": "Written while it was paused."})
    visitor.see(".stream-note", "1 scored since")
    assert "Written while it was paused." not in visitor.texts(".stream-list .review-text")
    visitor.see("#pause").click()
    visitor.see(".stream-list .review", "Written while it was paused.")


def test_the_stream_keeps_to_its_length(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see(".stream-list .review")
    longest = visitor.module(
        "view/stream.js",
        """
        const store = { get: () => ({ route: {}, products: null }), subscribe() {} };
        const stream = m.createStream({ store, actions: {} });
        const review = { event_id: "e", product_id: "p", text: "t", p_good: 0.9, label: "good", occurred_ms: 0 };
        stream.add(Array.from({ length: 500 }, () => review), 500);
        return stream.node.querySelectorAll(".review").length;
        """,
    )
    assert longest == 60


def test_only_bad_reviews_are_shown_on_demand(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    live_page.publish("shop", {"product_id": "lamp-1", "text": live_page.bad}, {"product_id": "lamp-1", "text": GOOD})
    visitor.see(".stream-list .review-bad")
    visitor.see(".stream-list .review-good")
    visitor.pick("stream-filter", "bad")
    visitor.gone(".stream-list .review-good")
    visitor.see(".stream-list .review-bad")
