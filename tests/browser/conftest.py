"""A visitor's browser, and the whole of Aura for the page to show."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from infra.demo.stack import DemoStack
from infra.interrupt import Interrupt
from infra.ports import free_port
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
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.fail("chromium and chromedriver must be on the PATH: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless=new",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=en-GB",
        "--window-size=1440,900",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium does not start as root with it, as in a container
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as chrome:
        yield chrome


@pytest.fixture
def visitor(chromium: webdriver.Chrome) -> Iterator[Visitor]:
    """Somebody with a fresh tab: no keys, no chosen theme, nothing logged yet."""
    someone = Visitor.in_fresh_tab(chromium)
    yield someone
    someone.script("try { localStorage.clear() } catch { /* a blank tab has none */ }")
