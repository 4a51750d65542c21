"""One product, looked at closely."""

from selenium.webdriver.common.keys import Keys

from tests.browser.live_page import GOOD, LivePage
from tests.browser.visitor import Visitor


def open_lamp(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=1h")
    visitor.see("tbody .product-name", "Desk lamp Arc").click()
    visitor.see("#detail-title", "Desk lamp Arc")


def test_a_product_opens_with_its_chart_windows_and_reviews(visitor: Visitor, live_page: LivePage) -> None:
    open_lamp(visitor, live_page)
    drawn = "return document.querySelector('#detail .chart-line').getAttribute('d')"
    visitor.until(lambda: (visitor.script(drawn) or "").count("L") >= 5, "a line of sentiment over time")
    assert visitor.all("#detail .bar-good")
    assert visitor.all("#detail .bar-bad")
    assert visitor.texts("#detail .windows tbody th") == ["5m", "15m", "1h", "24h", "7d", "30d", "All"]
    visitor.see("#detail .review-text", "Works exactly as described")
    assert visitor.script("return document.activeElement.id") == "detail-title"


def test_escape_and_back_close_a_product_and_give_the_focus_back(visitor: Visitor, live_page: LivePage) -> None:
    open_lamp(visitor, live_page)
    visitor.escape()
    visitor.gone("#detail")
    assert visitor.script("return document.activeElement.textContent") == "Desk lamp Arc"
    visitor.press(Keys.ENTER)
    visitor.see("#detail-title", "Desk lamp Arc")
    visitor.chrome.back()
    visitor.gone("#detail")


def test_a_link_leads_to_a_product(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#tile-reviews")
    visitor.open(f"{live_page.url}/#/bank/product/branch-7?window=1h")
    visitor.chrome.refresh()
    visitor.see("#detail-title", "Branch Old Market")
    visitor.see("#detail [aria-current='true'] th", "1h")
    assert visitor.chrome.title == "Branch Old Market · Harbour Bank · Aura"


def test_a_chart_is_read_with_the_arrow_keys(visitor: Visitor, live_page: LivePage) -> None:
    live_page.publish("shop", {"product_id": "lamp-1", "text": GOOD})
    open_lamp(visitor, live_page)
    visitor.see("#detail .chart-reader")

    def newest_minute() -> str:
        visitor.see("#detail .chart-reader").send_keys(Keys.END)
        return visitor.see("#detail .readout").text

    visitor.until(lambda: "Sentiment" in newest_minute(), "the sentiment of the newest minute")
    newest = newest_minute()
    reader = visitor.see("#detail .chart-reader")
    reader.send_keys(Keys.ARROW_LEFT)
    assert visitor.see("#detail .readout").text.splitlines()[0] != newest.splitlines()[0]
    reader.send_keys(Keys.HOME)
    assert visitor.see("#detail .readout").text.splitlines()[0] != newest.splitlines()[0]
    assert "in this minute" in str(reader.get_attribute("aria-valuetext"))


def test_the_chart_shows_the_good_share_with_its_interval(visitor: Visitor, live_page: LivePage) -> None:
    open_lamp(visitor, live_page)
    visitor.see("#detail .chart-line")
    visitor.pick("product-metric", "share")
    drawn = "return document.querySelector('#detail .chart-band').getAttribute('d')"
    visitor.until(lambda: visitor.script(drawn), "a band for the interval")
    visitor.see("#detail .key", "95% interval")


def test_the_chart_can_be_read_as_a_table(visitor: Visitor, live_page: LivePage) -> None:
    open_lamp(visitor, live_page)
    visitor.see("#detail .figures summary").click()
    visitor.until(lambda: len(visitor.all("#detail .figures tbody tr")) >= 10, "ten rows of figures")


def test_a_product_that_is_not_there_is_said_to_be_missing(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop/product/nothing-like-it")
    visitor.see(".detail-blank", "There is no product “nothing-like-it”")


def test_a_product_with_a_strange_id_opens(visitor: Visitor, live_page: LivePage) -> None:
    strange = "é&?=#%25"
    live_page.publish("shop", {"product_id": strange, "text": GOOD})
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("#search").send_keys(strange)
    visitor.see("tbody .product-name", strange).click()
    visitor.see("#detail .headline-value", "1")
    visitor.chrome.refresh()
    visitor.see("#detail-title", strange)
    visitor.see("#detail .review-text", "great quality")
