"""A visitor looks at a business: figures, products, another business, another window."""

from tests.browser.live_page import CATALOGUE, LivePage
from tests.browser.visitor import Visitor

SHOP = [name for _, name, _ in CATALOGUE["shop"]]
BANK = [name for _, name, _ in CATALOGUE["bank"]]


def names(visitor: Visitor) -> list[str]:
    return visitor.texts("tbody .product-name")


def test_the_address_of_the_demo_opens_the_first_business(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.pick("window", "all")
    visitor.until(lambda: set(SHOP) <= set(names(visitor)), "the products of the shop")
    visitor.see("#connection", "Live")
    assert not set(BANK) & set(names(visitor))


def test_keys_leave_the_address_and_the_history(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#tile-reviews")
    key = live_page.keys["shop"]
    assert key not in visitor.chrome.current_url
    entries = visitor.cdp("Page.getNavigationHistory", {})["entries"]
    assert key not in str([entry["url"] for entry in entries])


def test_tiles_show_what_the_api_says(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/bank?window=all")
    totals = live_page.ask("bank", "summary")["totals"]
    visitor.see("#tile-reviews", str(totals["reviews"]))
    visitor.see("#tile-good-share", f"{totals['good_ratio']:.1%}")
    visitor.see("#tile-sentiment", f"{totals['sentiment']:+.2f}".replace("-", "−"))
    visitor.see("#tile-rating", f"{totals['rating_mean']:.2f}")


def test_another_business_shows_other_products(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    visitor.until(lambda: set(SHOP) <= set(names(visitor)), "the products of the shop")
    visitor.pick("tenant", "bank")
    visitor.until(lambda: set(names(visitor)) == set(BANK), "the products of the bank alone")
    assert "#/bank" in visitor.chrome.current_url
    visitor.chrome.back()
    visitor.until(lambda: set(SHOP) <= set(names(visitor)), "the products of the shop again")


def test_a_business_without_reviews_is_told_how_to_publish(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#tile-reviews")
    visitor.pick("tenant", "cinema")
    visitor.see("#blank", "aura publish reviews.csv --tenant cinema")
    visitor.gone(".tiles")


def test_another_window_counts_other_reviews(visitor: Visitor, live_page: LivePage) -> None:
    live_page.publish("bank", {"product_id": "app", "text": "Quick and easy to use."})
    visitor.enter(live_page, "/bank")
    counted = []
    for window, words in (("5m", "in the last 5 minutes"), ("all", "in all time")):
        visitor.pick("window", window)
        visitor.see(".tile-note", words)
        counted.append(int(visitor.see("#tile-reviews").text))
    assert 0 < counted[0] < counted[1]
    assert "window=all" in visitor.chrome.current_url


def test_products_are_put_in_the_chosen_order(visitor: Visitor, live_page: LivePage) -> None:
    live_page.publish("shop", {"product_id": "bad-9", "product_name": "Bad kettle", "text": live_page.bad})
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("#order option[value='bad_ratio:desc']").click()
    visitor.until(lambda: names(visitor)[:1] == ["Bad kettle"], "the worst product first")
    visitor.see("th[aria-sort='ascending']", "Good share")
    visitor.see("#order option[value='good_ratio:desc']").click()
    visitor.until(lambda: names(visitor)[:1] != ["Bad kettle"], "a better product first")


def test_search_finds_a_product_by_its_brand(visitor: Visitor, live_page: LivePage) -> None:
    visitor.enter(live_page, "/shop?window=all")
    visitor.see("tbody .product-name", "Day pack")
    visitor.see("#search").send_keys("nORTHw")
    visitor.until(lambda: names(visitor) == ["Day pack"], "only the product of that brand")
    visitor.see("#search").send_keys("xyz")
    visitor.see(".products-note", "Nothing called “nORTHwxyz”")


def test_more_products_are_shown_on_demand_and_all_are_searched(visitor: Visitor, live_page: LivePage) -> None:
    live_page.publish("shop", *[{"product_id": f"part-{n}", "text": "A small part that fits."} for n in range(60)])
    visitor.enter(live_page, "/shop?window=all")
    visitor.until(lambda: len(names(visitor)) == 50, "a first page of products")
    visitor.see("#more").click()
    visitor.until(lambda: len(names(visitor)) > 60, "a second page of products")
    visitor.gone("#more")
    visitor.chrome.refresh()
    visitor.see("#search").send_keys("part-5")
    visitor.until(lambda: len(names(visitor)) == 11, "part-5 and part-50 to part-59")


def test_a_link_that_is_not_whole_says_what_it_could_not_show_until_the_next_step(
    visitor: Visitor, live_page: LivePage
) -> None:
    visitor.enter(live_page, "/shop?window=2h&at=garbage")
    notice = visitor.see(".faults", "This link is not whole: at=“garbage” is no moment")
    assert "window=“2h” is none of 5m, 15m, 1h, 24h, 7d, 30d, all; the page has chosen one." in notice.text
    visitor.gone("#past")
    visitor.see("#tile-reviews")
    visitor.pick("window", "24h")
    visitor.gone(".faults")
    assert "garbage" not in visitor.chrome.current_url
    visitor.follow("/shop/nowhere?window=1h")
    visitor.see(".faults", "“nowhere” is no part of this page; the list is shown.")
    visitor.see(".faults button", "Dismiss").click()
    visitor.gone(".faults")
    assert visitor.chrome.current_url.endswith("#/shop?window=1h")


def test_a_link_to_more_products_than_can_be_compared_says_so(visitor: Visitor, live_page: LivePage) -> None:
    products = "&".join(f"item={product}" for product, _, _ in [*CATALOGUE["shop"], ("trial", "", ""), ("x", "", "")])
    visitor.enter(live_page, f"/shop/compare?{products}&window=all")
    visitor.see(".faults", "Of 5 products the first 4 are compared.")
    visitor.until(lambda: len(visitor.all("#comparison .compared .ratio")) == 4, "four products side by side")


def test_a_chosen_theme_is_kept(visitor: Visitor, live_page: LivePage) -> None:
    visitor.emulate(1200, 800, scheme="light")
    visitor.open(live_page.with_keys)
    visitor.see("#theme").click()
    visitor.see("#theme").click()
    background = "return getComputedStyle(document.documentElement).backgroundColor"
    dark = visitor.script(background)
    visitor.chrome.refresh()
    visitor.see("#tile-reviews")
    assert visitor.script("return document.documentElement.dataset.theme") == "dark"
    assert visitor.script(background) == dark
