"""The page's pure modules, run where they run: in a browser."""

import math
from typing import Any

import pytest
from selenium.webdriver import Chrome

from stream.statistics.shares import wilson
from stream.statistics.two_samples import Sample, difference_interval
from tests.browser.live_page import LivePage
from tests.browser.visitor import Visitor

STREAM = (
    'retry: 2500\r\n\r\n: ping\n\nevent: summary\ndata: {"a":1}\n\nid: 17-0\r\nevent: reviews\r\ndata: one\r\n'
    "data: two\r\n\r\ndata:bare\n\nevent: nothing\n\nid: a\0b\ndata\n\nid\ndata: last\n\nevent: unfinished\ndata: x\n"
)
EVENTS = [
    {"event": "summary", "data": '{"a":1}', "id": ""},
    {"event": "reviews", "data": "one\ntwo", "id": "17-0"},
    {"event": "message", "data": "bare", "id": "17-0"},
    {"event": "message", "data": "", "id": "17-0"},
    {"event": "message", "data": "last", "id": ""},
]


@pytest.fixture(scope="module")
def page(chromium: Chrome, live_page: LivePage) -> Visitor:
    visitor = Visitor.in_fresh_tab(chromium)
    visitor.open(live_page.url)
    visitor.see("#key")
    return visitor


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_an_event_stream_is_read_alike_however_it_is_cut(page: Visitor, size: int) -> None:
    read = page.module(
        "data/sse.js",
        """
        const parser = new m.EventStreamParser();
        const events = [];
        for (let at = 0; at < a[0].length; at += a[1]) events.push(...parser.push(a[0].slice(at, at + a[1])));
        return [events, parser.retryMs];
        """,
        "\ufeff" + STREAM,
        size,
    )
    assert read == [EVENTS, 2500]


def test_routes_survive_the_address(page: Visitor) -> None:
    plain: dict[str, Any] = {
        "tenant": "shop",
        "product": None,
        "compare": [],
        "alerts": False,
        "window": None,
        "at": None,
        "sort": "reviews",
        "order": "desc",
        "query": "",
        "faults": [],
    }
    routes = [
        plain,
        plain
        | {"product": "a b&c?#%é", "window": "1h", "sort": "change", "order": "asc", "query": "ü & =?"}
        | {"at": 1_716_212_345_000},
        plain | {"tenant": "bank", "window": "all", "sort": "bad_lower"},
        plain | {"compare": ["a,b", "ü&item=c"], "window": "24h"},
        plain | {"alerts": True},
    ]
    assert page.module("core/route.js", "return a[0].map((r) => m.parse(m.format(r)))", routes) == routes


def test_a_plot_has_room_for_lines_of_few_reviews_but_not_for_their_intervals(page: Visitor) -> None:
    means = [
        {"reviews": 1000, "sentiment": 0.5, "intervals": {"sentiment": [0.45, 0.55]}},
        {"reviews": 2, "sentiment": -0.2, "intervals": {"sentiment": [-0.9, 0.6]}},
        {"reviews": 0, "sentiment": None, "intervals": {"sentiment": None}},
    ]
    lowest = "return [a[0], a[0].filter((x) => x.reviews !== 2)].map((x) => m.lowestOf(x, m.supported(x), 'sentiment'))"
    assert page.module("chart/line.js", lowest, means) == [-0.2, 0.45]


def test_a_scale_and_a_bar_mark_nothing_before_their_first_figures(page: Visitor) -> None:
    marks = ":not(.absent):is(.scale-knob, .scale-fill, .ratio-good, .ratio-whisker)"
    shown = "return m[a[0]]().node.querySelectorAll(a[1]).length"
    assert page.module("chart/scale.js", shown, "createSentimentScale", marks) == 0
    assert page.module("chart/ratio.js", shown, "createRatioBar", marks) == 0


BROKEN: list[tuple[str, list[str]]] = [
    ("", []),
    ("#", []),
    ("#/", []),
    ("#/%E0%A4%A", ["“%E0%A4%A” is no business"]),
    ("#/a/elsewhere", ["“elsewhere” is no part of this page"]),
    ("#/a/product/%E0%A4%A", ["“%E0%A4%A” is no product"]),
    (
        "#nothing?sort=x&order=y&window=2h&at=yesterday",
        ["at=“yesterday” is no moment", "window=“2h” is none of 5m, ", "“x y” is no order"],
    ),
    ("#/a/product/?at=2024-05-20T12:00", ["No product is named", "with a zone, such as"]),
    (
        "#/a/compare?item=alone&item=alone&at=9999999-01-01T00:00:00Z",
        ["two products or more", "is no moment"],
    ),
    ("#/a?at=" + "long" * 1000, ["at=“longlong"]),
]


@pytest.mark.parametrize(("broken", "said"), BROKEN)
def test_a_broken_address_leads_somewhere_and_each_fault_of_it_is_said(
    page: Visitor, broken: str, said: list[str]
) -> None:
    route = page.module("core/route.js", "return m.parse(a[0])", broken)
    assert (route["product"], route["window"], route["sort"], route["order"]) == (None, None, "reviews", "desc")
    assert (route["compare"], route["alerts"], route["at"]) == ([], False, None)
    assert len(route["faults"]) == len(said)
    assert all(words in fault for words, fault in zip(said, route["faults"], strict=True))
    assert all(len(fault) < 160 for fault in route["faults"])
    assert page.module("core/route.js", "return m.parse(m.format(m.parse(a[0]))).faults", broken) == []


@pytest.mark.parametrize(
    ("fragment", "keys"),
    [
        ("#keys=shop:aura_a_11111111,bank:aura_b_22222222", ["aura_a_11111111", "aura_b_22222222"]),
        ("#key=aura_a_11111111&key=aura_b_22222222", ["aura_a_11111111", "aura_b_22222222"]),
        ("#keys=", []),
        ("#key=%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80", []),
        ("#/shop?window=1h", None),
    ],
)
def test_keys_are_read_from_the_fragment(page: Visitor, fragment: str, keys: list[str] | None) -> None:
    assert page.module("core/session.js", "return m.keysInFragment(a[0])", fragment) == keys


@pytest.mark.parametrize(("good", "reviews"), [(0, 0), (0, 1), (1, 1), (3, 7), (50, 50), (812, 1000)])
def test_the_interval_is_the_one_of_the_api(page: Visitor, good: int, reviews: int) -> None:
    shown = page.module("data/measures.js", "return m.wilson(a[0], a[1])", good, reviews)
    given = wilson(good, reviews)
    if given is None:
        assert shown is None
    else:
        assert all(math.isclose(x, y, abs_tol=1e-6) for x, y in zip(shown, given, strict=True))


@pytest.mark.parametrize(
    ("now", "before"), [((2, 2), (0, 2)), ((40, 50), (30, 60)), ((0, 9), (9, 9)), ((0, 0), (1, 2))]
)
def test_the_interval_of_a_change_is_the_one_of_the_api(
    page: Visitor, now: tuple[int, int], before: tuple[int, int]
) -> None:
    sides = [{"good": good, "reviews": reviews} for good, reviews in (now, before)]
    shown = page.module("data/measures.js", "return m.newcombe(a[0], a[1])", *sides)
    given = difference_interval(Sample(*now), Sample(*before))
    if given is None:
        assert shown is None
    else:
        assert all(math.isclose(x, y, abs_tol=1e-6) for x, y in zip(shown, given, strict=True))


def test_of_the_past_only_windows_are_offered_whose_buckets_are_kept(page: Visitor) -> None:
    now, hour = 1_716_212_345_678, 3_600_000
    offered = page.module(
        "data/range.js",
        "return a[0].map((at) => m.windowsAt(at, a[1]).map(({ id }) => id))",
        [None, now - hour, now - 72 * hour, now - 100 * 24 * hour, now - 2000 * 24 * hour],
        now,
    )
    assert offered == [
        ["5m", "15m", "1h", "24h", "7d", "30d", "all"],
        ["5m", "15m", "1h", "24h", "7d", "30d"],
        ["24h", "7d", "30d"],
        ["30d"],
        ["30d"],
    ]


def test_a_rolling_mean_weighs_buckets_by_their_reviews(page: Visitor) -> None:
    buckets = [
        {"reviews": 1, "good": 0, "sentiment": -1.0},
        {"reviews": 3, "good": 3, "sentiment": 1.0},
        {"reviews": 0, "good": 0, "sentiment": None},
        {"reviews": 0, "good": 0, "sentiment": None},
        {"reviews": 4, "good": 2, "sentiment": 0.0},
    ]
    means = page.module("data/measures.js", "return m.rolling(a[0], 2)", buckets)
    assert [mean["sentiment"] for mean in means] == [-1.0, 0.5, 1.0, None, 0.0]
    assert [mean["share"] for mean in means] == [0.0, 0.75, 1.0, None, 0.5]
    assert means[3]["intervals"] == {"share": None, "sentiment": None}
    low, high = means[1]["intervals"]["sentiment"]
    assert -1 <= low < 0.5 < high <= 1


def test_a_small_change_of_few_reviews_is_called_chance(page: Visitor) -> None:
    few = ({"reviews": 2, "good": 0, "good_ratio": 0.0}, {"reviews": 2, "good": 2, "good_ratio": 1.0})
    many = ({"reviews": 200, "good": 120, "good_ratio": 0.6}, {"reviews": 200, "good": 160, "good_ratio": 0.8})
    none = ({"reviews": 0, "good": 0, "good_ratio": None}, few[1])
    shifts = page.module(
        "data/measures.js", "return a[0].map(([x, y]) => m.shift(x, y)?.beyondChance ?? null)", [few, many, none]
    )
    assert shifts == [False, True, None]


@pytest.mark.parametrize("window", ["5m", "15m", "1h", "24h", "7d", "30d", "all"])
@pytest.mark.parametrize("age_ms", [0, 90_000, 7_200_000, 400 * 86_400_000, 3000 * 86_400_000])
def test_a_chart_asks_for_no_more_than_the_api_gives(page: Visitor, window: str, age_ms: int) -> None:
    at = 1_716_212_345_678
    asked = page.module("data/range.js", "return m.chartRange(a[0], a[1], a[2])", window, at, at - age_ms)
    step_ms = {"1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}[asked["step"]]
    assert (asked["to"] - asked["from"]) / step_ms <= {"1m": 2000, "1h": 2000, "1d": 7305}[asked["step"]]
    assert asked["to"] - step_ms <= at < asked["to"]
    assert asked["from"] <= asked["shownFrom"] < asked["to"]


@pytest.mark.parametrize(
    ("age_minutes", "reviews", "window"),
    [
        (10, {"5m": 900, "15m": 900, "1h": 900, "24h": 900, "7d": 900, "30d": 900}, "5m"),
        (10, {"5m": 3, "15m": 3, "1h": 3, "24h": 3, "7d": 3, "30d": 3}, "1h"),
        (9000, {"5m": 900, "15m": 2000, "1h": 8000, "24h": 9000, "7d": 9000, "30d": 9000}, "15m"),
        (90_000, {"5m": 0, "15m": 0, "1h": 2, "24h": 40, "7d": 210, "30d": 900}, "7d"),
        (900_000, {"5m": 0, "15m": 0, "1h": 0, "24h": 0, "7d": 2, "30d": 8}, "all"),
        (None, {}, None),
    ],
)
def test_the_first_window_is_the_shortest_that_says_something(
    page: Visitor, age_minutes: int | None, reviews: dict[str, int], window: str | None
) -> None:
    at = 1_716_212_345_678
    summary = {
        "at_ms": at,
        "first_review_ms": None if age_minutes is None else at - age_minutes * 60_000,
        "windows": {name: {"reviews": count} for name, count in reviews.items()},
    }
    assert page.module("data/range.js", "return m.firstWindow(a[0])", summary) == window
