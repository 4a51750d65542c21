"""A visitor's browser, and the whole of Aura for the page to show."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from selenium import webdriver

from infra.demo.stack import DemoStack
from infra.interrupt import Interrupt
from infra.ports import free_port
from tests.browser.chromium import headless
from tests.browser.live_page import LivePage
from tests.browser.visitor import Visitor


@pytest.fixture(scope="session")
def live_page() -> Iterator[LivePage]:
    """Broker, Redis, worker, API and page, without traffic but what a test publishes."""
    stop = Interrupt()
    with (
        closing(stop),
        DemoStack(free_port(), workers=1, stop=stop) as stack,
        LivePage(stack.url, stack.keys, stack.settings.tenants_file, stack.settings.redis_url) as page,
    ):
        page.fill()
        yield page


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """One headless Chromium for the whole run."""
    try:
        begun = headless(tmp_path_factory.mktemp("chromium"))
    except FileNotFoundError as error:
        pytest.fail(str(error))
    with begun as chrome:
        yield chrome


@pytest.fixture
def visitor(chromium: webdriver.Chrome) -> Iterator[Visitor]:
    """Somebody with a fresh tab: no keys, no chosen theme, nothing logged yet."""
    someone = Visitor.in_fresh_tab(chromium)
    yield someone
    someone.script("try { localStorage.clear() } catch { /* a blank tab has none */ }")
