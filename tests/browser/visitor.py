"""What a visitor does and sees, in words of the page."""

import json
from collections.abc import Callable
from typing import Any, Self, TypeVar

from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.live_page import DEADLINE_SECONDS, LivePage

T = TypeVar("T")


class Visitor:
    """Drives one tab. What it looks for it waits for, up to :data:`DEADLINE_SECONDS`."""

    def __init__(self, chrome: Chrome) -> None:
        self.chrome = chrome

    @classmethod
    def in_fresh_tab(cls, chrome: Chrome) -> Self:
        """One who has neither keys nor a past; the tab before is closed."""
        before = chrome.current_window_handle
        chrome.switch_to.new_window("tab")
        fresh = chrome.current_window_handle
        chrome.switch_to.window(before)
        chrome.close()
        chrome.switch_to.window(fresh)
        someone = cls(chrome)
        someone.complaints()
        someone.requested()
        return someone

    def enter(self, page: LivePage, place: str) -> None:
        """Open the page with all keys, and go to a place in it (``/shop?window=1h``)."""
        self.open(page.with_keys)
        self.see("#tile-reviews")
        self.follow(place)

    def open(self, url: str) -> None:
        """Go to an address by loading it."""
        self.chrome.get(url)

    def follow(self, fragment: str) -> None:
        """Go to a fragment of the page, as an edit of the address does."""
        self.script("location.hash = arguments[0]", fragment)

    def see(self, css: str, text: str = "") -> WebElement:
        """The first shown element of a selector that holds the text."""
        return self.until(
            lambda: next((each for each in self.all(css) if each.is_displayed() and text in each.text), None),
            f"an element {css!r} with {text!r}",
        )

    def gone(self, css: str) -> None:
        """Nothing of a selector is shown any more."""
        self.until(lambda: not any(each.is_displayed() for each in self.all(css)), f"no element {css!r}")

    def all(self, css: str) -> list[WebElement]:
        """Every element of a selector, now."""
        return self.chrome.find_elements(By.CSS_SELECTOR, css)

    def texts(self, css: str) -> list[str]:
        """What the shown elements of a selector say, now."""
        shown: list[str] = self.script(
            "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())"
            ".map((e) => e.textContent)",
            css,
        )
        return shown

    def pick(self, group: str, value: str) -> None:
        """Choose in a row of choices."""
        self.see(f"label:has(input[name='{group}'][value='{value}'])").click()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        self.chrome.switch_to.active_element.send_keys(*keys)

    def escape(self) -> None:
        """Press the Escape key."""
        self.press(Keys.ESCAPE)

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """What ``look`` returns, once it is true."""
        wait = WebDriverWait(
            self.chrome, DEADLINE_SECONDS, poll_frequency=0.05, ignored_exceptions=[StaleElementReferenceException]
        )
        try:
            return wait.until(lambda _: look() or False)
        except TimeoutException:
            shown = str(self.script("return document.body.innerText"))[:1000]
            raise AssertionError(f"expected {what} within {DEADLINE_SECONDS:.0f} s; the page says: {shown}") from None

    def script(self, source: str, *arguments: object) -> Any:
        """The result of a script in the page."""
        return self.chrome.execute_script(source, *arguments)

    def module(self, path: str, body: str, *arguments: object) -> Any:
        """The result of ``body``, which may use the exports of one of the page's modules as ``m``."""
        source = f"const done = arguments[arguments.length - 1]; const a = arguments;\
            import('/static/js/{path}').then((m) => {{ {body} }}).then(done, (error) => done(String(error)))"
        return self.chrome.execute_async_script(source, *arguments)

    def emulate(self, width: int, height: int, scheme: str = "light") -> None:
        """Look through a screen of this size with this system theme, without animations."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.cdp("Emulation.setEmulatedMedia", {"features": features})

    def disconnect(self, is_away: bool) -> None:
        """Pull the network's plug, or put it back."""
        self.cdp("Network.enable", {})
        self.cdp(
            "Network.emulateNetworkConditions",
            {"offline": is_away, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1},
        )

    def cdp(self, command: str, parameters: dict[str, Any]) -> Any:
        """One command of the browser's own protocol."""
        return self.chrome.execute_cdp_cmd(command, parameters)

    def complaints(self) -> list[str]:
        """What the browser's console has said since last asked."""
        return [entry["message"] for entry in self._log("browser")]

    def requested(self) -> list[str]:
        """Every address that the tab has asked for since last asked."""
        events = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.chrome.get_log(kind)  # type: ignore[no-untyped-call]
        return entries
