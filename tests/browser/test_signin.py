"""Keys: given, refused, revoked, forgotten."""

from api.access import keys
from stream.tenants_write import add_key
from tests.browser.live_page import LivePage
from tests.browser.visitor import Visitor


def paste(visitor: Visitor, key: str) -> None:
    field = visitor.see("#key")
    field.clear()
    field.send_keys(key)
    visitor.see(".signin .primary").click()


def test_without_a_key_the_page_asks_for_one(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.url)
    assert visitor.see("#key") == visitor.chrome.switch_to.active_element
    visitor.gone(".tiles")
    assert not visitor.complaints()


def test_a_wrong_key_is_refused_with_a_sentence(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.url)
    paste(visitor, "aura_000000000000_wrong")
    visitor.see("#key-message", "Check that it was copied whole")
    paste(visitor, "not a key")
    visitor.see("#key-message", "That is not a key")


def test_a_pasted_key_opens_its_business_and_lasts_a_reload(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.url)
    paste(visitor, f"  {live_page.keys['bank']} ")
    visitor.see(".segment", "Harbour Bank")
    visitor.chrome.refresh()
    visitor.see(".segment", "Harbour Bank")
    visitor.see(".tiles")


def test_a_link_to_another_business_asks_for_its_key(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(f"{live_page.url}/#key={live_page.keys['bank']}")
    visitor.see(".segment", "Harbour Bank")
    visitor.follow("/shop")
    visitor.see("#key-message", "No key of this tab opens “shop”")
    paste(visitor, live_page.keys["shop"])
    visitor.see(".tiles")
    assert len(visitor.all("input[name='tenant']")) == 2


def test_a_key_that_is_revoked_closes_the_page(visitor: Visitor, live_page: LivePage) -> None:
    before = live_page.tenants_file.read_text()
    key, stored = keys.create("read", "to be revoked")
    add_key(live_page.tenants_file, "shop", stored)
    visitor.open(f"{live_page.url}/#key={key}")
    visitor.see(".tiles")
    live_page.tenants_file.write_text(before)
    visitor.see("#key-message", "The key of Corner Shop is no longer accepted")
    visitor.gone(".tiles")


def test_forgotten_keys_are_gone(visitor: Visitor, live_page: LivePage) -> None:
    visitor.open(live_page.with_keys)
    visitor.see("#tile-reviews")
    visitor.see("#keys").click()
    visitor.see("#sign-out").click()
    visitor.see("#key")
    assert live_page.keys["shop"] not in str(visitor.script("return JSON.stringify([sessionStorage, localStorage])"))
    visitor.chrome.refresh()
    visitor.see("#key")
