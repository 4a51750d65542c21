"""Rules over real windows in a real Redis: raised and cleared on events' time, by one process at a time."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from api.clock import now_ms
from stream.alerts import metrics
from stream.alerts.book import Book, Deposed, Lease
from stream.alerts.currency import SETTLED_MS
from stream.alerts.deliveries import Deliveries
from stream.alerts.evaluator import Evaluator, Unfinished
from stream.alerts.seen import read
from stream.alerts.service import AlertsConfig, Vital, run
from stream.alerts.stepping import REMOVED, AlertEvent
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import DAY_MS, HOUR_MS, MINUTE_MS
from stream.store.connection import Client
from stream.store.keys import ALERTS_LEASE_KEY, alerts_key
from stream.store.reader import Store
from stream.store.state import PartitionStatus, Pulse, WorkerStatus
from stream.tenants import Tenant
from tests.api.filling import Filler
from tests.stream.alerts.conftest import NOON, SECRET, Shop, review, reviews

LOW = 'id = "low"\nkind = "low"\nwindow = "1h"\nthreshold = 0.0\nclear = 0.2\nmin_reviews = 10'
PRODUCTS = f'{LOW}\nscope = "products"'
TURN = 'id = "turn"\nkind = "change"\nwindow = "1h"\nscope = "products"\nmin_reviews = 20'
QUIET = 'id = "quiet"\nkind = "silence"\nwindow = "1h"\nmin_reviews = 5'


async def history(client: Client) -> list[AlertEvent]:
    """What happened, the first first."""
    return [event for _, event in reversed(await Book(client).history("shop", None, 1_000))]


def told(events: list[AlertEvent]) -> list[tuple[str, str, str | None]]:
    return [(event.rule, event.event, event.product_id) for event in events]


def rows_asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The products of each read of rows from now on, filled as reads come."""
    asked: list[list[str]] = []
    rows = Store.rows

    async def counted(store: Store, tenant: str, ids: list[str], window: str, at_ms: int) -> object:
        asked.append(sorted(ids))
        return await rows(store, tenant, ids, window, at_ms)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "rows", counted)
    return asked


async def test_a_low_sentiment_is_raised_once_and_cleared_when_events_say_so(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    evaluator = Evaluator(client, shop.tenants)
    await filler.put(reviews(20, NOON, good=18))
    assert await evaluator.round()
    assert await history(client) == []
    await filler.put(reviews(60, NOON + 10 * MINUTE_MS, good=0))
    for _ in range(3):  # found again and again, told once
        await evaluator.round()
    (raised,) = await history(client)
    assert told([raised]) == [("low", "raised", None)]
    assert (raised.at_ms, raised.reviews) == (NOON + 10 * MINUTE_MS, 80)
    assert raised.value == pytest.approx(-0.55)
    waiting = await Deliveries(client).waiting("shop")
    assert [(delivery.webhook, delivery.event) for delivery, _ in waiting] == [("ops", raised)]
    # The bad ones leave the window as later events come, however long that takes on the clock.
    await filler.put(reviews(12, NOON + 3 * HOUR_MS, good=12))
    await evaluator.round()
    assert told(await history(client)) == [("low", "raised", None), ("low", "cleared", None)]
    assert await Book(client).on("shop") == {}


async def test_each_product_has_an_alert_of_its_own_and_only_what_changed_is_read(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(PRODUCTS)
    asked = rows_asked(monkeypatch)
    evaluator = Evaluator(client, shop.tenants)
    good = [one for number in range(8) for one in reviews(12, NOON, good=12, product=f"P{number}")]
    await filler.put([*good, *reviews(30, NOON, good=0, product="BAD-1"), *reviews(30, NOON, good=0, product="BAD-2")])
    await evaluator.round()
    assert {event.product_id: event.product_name for event in await history(client)} == {
        "BAD-1": "The BAD-1", "BAD-2": "The BAD-2",
    }  # fmt: skip
    assert [len(ids) for ids in asked] == [10]
    asked.clear()
    await evaluator.round()
    assert asked == []  # nothing came, and no minute ended
    await filler.put([review(99, NOON, good=True, product="P3")])
    await evaluator.round()
    assert asked == [["P3"]]
    late = [one for number in (100, 101) for one in [review(number, NOON - 30 * MINUTE_MS, good=True, product="P4")]]
    asked.clear()
    await filler.put(late)  # older than what was seen already
    await evaluator.round()
    assert asked == [["P4"]]
    asked.clear()
    await filler.put([review(102, NOON + MINUTE_MS, good=True, product="P5")])
    await evaluator.round()
    assert [len(ids) for ids in asked] == [10]  # the window moved on
    seen = (await read(client, "shop"))["low"]
    assert (seen.watched, {figure.product_id for figure in seen.figures}) == (10, {"BAD-1", "BAD-2"})


@pytest.mark.parametrize("kind", ["low", "change"])
async def test_an_alert_is_repeated_on_time_though_no_review_comes_and_nothing_else_is_read_for_it(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    threshold = "threshold = 0.0\n" if kind == "low" else ""
    table = f'id = "{kind}"\nkind = "{kind}"\nwindow = "24h"\nscope = "products"\n{threshold}repeat_minutes = 10'
    shop.write(table)
    clock = now_ms()
    evaluator = Evaluator(client, shop.tenants, clock=lambda: clock)
    good = [one for number in range(8) for one in reviews(40, NOON, good=40, product=f"P{number}")]
    await filler.put([*good, *reviews(60, NOON - DAY_MS, good=60, product="BAD-1")])
    await filler.put(
        [*reviews(60, NOON - DAY_MS, good=60, product="BAD-2"), *reviews(60, NOON, good=0, product="BAD-1")]
    )
    await evaluator.round()
    clock += 6 * MINUTE_MS
    await filler.put(reviews(60, NOON, good=0, product="BAD-2"))
    await evaluator.round()
    asked = rows_asked(monkeypatch)
    for _ in range(4):
        clock += 3 * MINUTE_MS
        for _ in range(2):
            await evaluator.round()
    assert asked == [["BAD-1"], ["BAD-2"]]
    events = await history(client)
    assert told(events) == [
        (kind, "raised", "BAD-1"), (kind, "raised", "BAD-2"), (kind, "repeated", "BAD-1"), (kind, "repeated", "BAD-2"),
    ]  # fmt: skip
    for before, after in zip(events[:2], events[2:], strict=True):
        assert after.noted_ms - before.noted_ms == 12 * MINUTE_MS
        assert (after.reviews, after.value) == (60, before.value)


async def test_a_clock_that_is_put_back_by_hours_does_not_silence_an_alert(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(f"{LOW}\nrepeat_minutes = 10")
    await filler.put(reviews(60, NOON, good=0))
    clock = now_ms() + 5 * HOUR_MS
    evaluator = Evaluator(client, shop.tenants, clock=lambda: clock)
    await evaluator.round()
    clock -= 5 * HOUR_MS
    for _ in range(3):
        await evaluator.round()
    clock += 10 * MINUTE_MS
    await evaluator.round()
    assert [event.event for event in await history(client)] == ["raised", "repeated", "repeated"]


async def test_products_beyond_the_cap_are_left_out_but_not_what_is_on(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(f"{PRODUCTS}\nmax_products = 2")
    evaluator = Evaluator(client, shop.tenants)
    await filler.put([*reviews(30, NOON, good=0, product="OLD"), *reviews(30, NOON + 1, good=0, product="NEW")])
    await evaluator.round()
    both = [("low", "raised", "NEW"), ("low", "raised", "OLD")]
    assert sorted(told(await history(client))) == both
    for number, product in enumerate(["X", "Y", "Z"]):
        await filler.put(reviews(30, NOON + 2 * MINUTE_MS + number, good=0, product=product))
    await evaluator.round()
    assert told((await history(client))[2:]) in (
        [("low", "raised", "Z"), ("low", "raised", "Y")],
        [("low", "raised", "Y"), ("low", "raised", "Z")],
    )
    await filler.put(reviews(300, NOON + 3 * MINUTE_MS, good=300, product="OLD"))
    await evaluator.round()
    assert told(await history(client))[-1] == ("low", "cleared", "OLD")


async def test_a_product_that_turns_is_told_and_the_others_are_not(client: Client, filler: Filler, shop: Shop) -> None:
    shop.write(TURN)
    evaluator = Evaluator(client, shop.tenants)
    before = [one for number in range(5) for one in reviews(40, NOON - HOUR_MS, good=36, product=f"P{number}")]
    now = [one for number in range(1, 5) for one in reviews(40, NOON, good=34, product=f"P{number}")]
    await filler.put([*before, *now, *reviews(40, NOON, good=10, product="P0")])
    await evaluator.round()
    (turned,) = await history(client)
    assert (turned.product_id, turned.reviews) == ("P0", 40)
    assert turned.value == pytest.approx(-0.65)
    assert turned.p_value is not None
    assert turned.p_value < 0.001


def worker(clock_ms: int, lag_seconds: float = 0.0, held_up: str | None = None) -> WorkerStatus:
    parts = [PartitionStatus("aura.reviews", 0, 9, 10, lag_seconds)]
    return WorkerStatus("w1", "CPU", {}, 1.0, 0, parts, clock_ms, held_up)


class Clock:
    """The evaluator's, beside that of Redis' tenants."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead


def sold(count: int, ago_ms: int, product: str = "LAMP-7", logged_ago_ms: int | None = None) -> list[Scored]:
    """Live reviews of some time ago."""
    logged = now_ms() - (ago_ms if logged_ago_ms is None else logged_ago_ms)
    return [review(number, now_ms() - ago_ms, good=True, product=product, logged_ms=logged) for number in range(count)]


async def settle(evaluator: Evaluator, clock: Clock, filler: Filler) -> None:
    """Let the workers have kept up for long enough."""
    await filler.heartbeat(worker(clock()))
    await evaluator.round()
    clock.ahead += SETTLED_MS
    await filler.heartbeat(worker(clock()))
    await evaluator.round()


async def test_a_silence_is_told_once_the_workers_have_kept_up_and_ends_with_a_review(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(QUIET, QUIET.replace("quiet", "each") + '\nscope = "products"')
    clock = Clock()
    evaluator = Evaluator(client, shop.tenants, clock=clock)
    await filler.put([*sold(6, 90 * MINUTE_MS), *sold(3, 90 * MINUTE_MS, "RARE"), *sold(9, 9 * HOUR_MS, "LONG-GONE")])
    await evaluator.round()  # no worker gives a sign of life
    assert await history(client) == []
    assert "the workers have not counted" in str((await read(client, "shop"))["quiet"].held)
    await settle(evaluator, clock, filler)
    assert sorted(told(await history(client))) == [("each", "raised", "LAMP-7"), ("quiet", "raised", None)]
    await filler.put(sold(1, 5 * MINUTE_MS))
    await evaluator.round()
    assert sorted(told((await history(client))[2:])) == [("each", "cleared", "LAMP-7"), ("quiet", "cleared", None)]


@pytest.mark.parametrize(
    "status",
    [
        lambda clock: worker(clock, lag_seconds=4_000.0),
        lambda clock: worker(clock, held_up="Kafka does not answer"),
    ],
    ids=["behind", "held up"],
)
async def test_a_worker_that_is_behind_makes_no_silence(
    client: Client, filler: Filler, shop: Shop, status: Callable[[int], WorkerStatus]
) -> None:
    shop.write(QUIET)
    clock = Clock()
    evaluator = Evaluator(client, shop.tenants, clock=clock)
    await filler.put(sold(6, 90 * MINUTE_MS))
    for _ in range(3):
        await filler.heartbeat(status(clock()))
        await evaluator.round()
        clock.ahead += SETTLED_MS
    assert await history(client) == []


async def test_neither_a_replay_nor_an_import_of_old_reviews_is_silent(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(QUIET, QUIET.replace("quiet", "each") + '\nscope = "products"')
    clock = Clock()
    evaluator = Evaluator(client, shop.tenants, clock=clock)
    await filler.put([*reviews(20, NOON, good=9), *reviews(20, NOON + 2 * HOUR_MS, good=9, product="OTHER")])
    await settle(evaluator, clock, filler)
    assert "replays history" in str((await read(client, "shop"))["each"].held)
    # Yesterday's reviews, published just now: live, and the silence begins when they came.
    await filler.put(sold(20, DAY_MS, logged_ago_ms=0))
    await settle(evaluator, clock, filler)
    assert (await read(client, "shop"))["quiet"].held is None
    assert await history(client) == []


async def test_of_two_processes_one_evaluates_and_the_other_takes_over_without_telling_again(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    first, second = Evaluator(client, shop.tenants), Evaluator(client, shop.tenants)
    assert [await first.round(), await second.round()] == [True, False]
    await client.delete(ALERTS_LEASE_KEY)  # as if the first had slept for longer than its lease
    assert await second.round()
    # It wakes up: its round may still look, and writes nothing.
    await filler.put(reviews(200, NOON + 2 * HOUR_MS, good=200))
    assert not await first.round()
    await client.delete(ALERTS_LEASE_KEY)
    await second.round()
    await second.close()
    assert await first.round()
    assert told(await history(client)) == [("low", "raised", None), ("low", "cleared", None)]


async def test_who_slept_in_the_middle_of_a_round_writes_nothing_after_another_took_over(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    sleeper, successor = Evaluator(client, shop.tenants), Evaluator(client, shop.tenants)
    commit = Book.commit

    async def slept(book: Book, *arguments: object) -> None:
        monkeypatch.setattr(Book, "commit", commit)
        await client.delete(ALERTS_LEASE_KEY)
        assert await successor.round()
        await commit(book, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Book, "commit", slept)
    with pytest.raises(Deposed):
        await sleeper.round()
    assert len(await history(client)) == 1
    assert len(await Deliveries(client).waiting("shop")) == 1


async def test_who_loses_the_lease_between_two_tenants_leaves_the_second_to_the_other(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write(LOW)
    shop.path.write_text(f'[[tenants]]\nid = "first"\nname = "First"\n{shop.path.read_text()}')
    await filler.put(reviews(60, NOON, good=0))
    slow, successor = Evaluator(client, shop.tenants), Evaluator(client, shop.tenants)
    evaluate = Evaluator._evaluate

    async def slowly(evaluator: Evaluator, tenant: Tenant, *, current: bool) -> None:
        await evaluate(evaluator, tenant, current=current)
        monkeypatch.setattr(Evaluator, "_evaluate", evaluate)
        await client.delete(ALERTS_LEASE_KEY)
        assert await successor.round()

    monkeypatch.setattr(Evaluator, "_evaluate", slowly)
    with pytest.raises(Deposed):
        await slow.round()
    slow.step_down()
    assert not await slow.round()
    assert told(await history(client)) == [("low", "raised", None)]


async def test_a_round_that_takes_longer_than_the_lease_keeps_it(
    client: Client, filler: Filler, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.alerts.book.LEASE_MS", 300)
    monkeypatch.setattr("stream.alerts.evaluator.KEEP_SECONDS", 0.02)
    shop.write(LOW)
    slow, other = Evaluator(client, shop.tenants), Evaluator(client, shop.tenants)
    renewed = asyncio.Event()
    hold, held = Lease.hold, []

    async def counted(lease: Lease) -> bool:
        held.append(await hold(lease))
        if len(held) > 20:
            renewed.set()
        return held[-1]

    monkeypatch.setattr(Lease, "hold", counted)
    pulse = Store.pulse

    async def slowly(store: Store, tenant: str) -> Pulse:
        async with asyncio.timeout(60):
            await renewed.wait()
        return await pulse(store, tenant)

    monkeypatch.setattr(Store, "pulse", slowly)
    assert await slow.round()
    assert all(held)
    assert len(held) > 20
    assert slow.leading
    await slow.close()
    assert await other.round()


async def test_what_fails_of_one_tenant_does_not_keep_the_others_from_their_alerts(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    first = shop.path.read_text().replace('id = "shop"', 'id = "first"').replace('name = "Shop"', 'name = "First"')
    shop.path.write_text(f"{first}\n{shop.path.read_text()}")
    await client.hset(alerts_key("first", "on"), mapping={"low": "no alert"})
    await filler.put(reviews(60, NOON, good=0))
    evaluator = Evaluator(client, shop.tenants)
    for _ in range(2):
        with pytest.raises(Unfinished, match="first"), capture_logs() as logs:
            await evaluator.round()
        assert [line["tenant"] for line in logs if line["log_level"] == "error"] == ["first"]
    assert told(await history(client)) == [("low", "raised", None)]
    await client.delete(alerts_key("first", "on"))
    assert await evaluator.round()


async def test_a_process_that_fails_of_one_tenant_alone_says_so_and_is_not_dead(
    redis_url: str, client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await client.hset(alerts_key("shop", "on"), mapping={"low": "no alert"})
    stop = asyncio.Event()
    told: list[str | None] = []

    class Told(Vital):
        def turned(self, trouble: str | None = None) -> None:
            super().turned(trouble)
            told.append(trouble)
            if len(told) == 3:
                stop.set()

    vital = Told()
    async with asyncio.timeout(60):
        await run(AlertsConfig(redis_url, shop.path.parent, 0.01), shop.tenants, vital, stop)
    assert vital.dead() is None
    assert told == ["the alert rules of some tenants could not be evaluated; the log says of which, and why"] * 3


async def test_nothing_is_claimed_or_written_without_a_token(client: Client) -> None:
    book = Book(client)
    with pytest.raises(Deposed):
        await book.claim("shop", "")
    with pytest.raises(Deposed):
        await book.commit("shop", "", [], {}, now_ms())
    assert await book.claim("shop", "1:aa") == {}


async def test_a_clock_that_is_ahead_by_years_does_not_empty_the_history(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    ahead = 0
    evaluator = Evaluator(client, shop.tenants, clock=lambda: now_ms() + ahead)
    await evaluator.round()
    past = alerts_key("shop", "past")
    ((_, fields),) = cast(Any, await client.xrange(past))
    async with client.pipeline() as pipe:
        for _ in range(300):  # Redis drops a hundred at a time
            pipe.xadd(past, fields)
        await pipe.execute()
    ahead = 900 * DAY_MS
    shop.write()
    await evaluator.round()
    assert len(await history(client)) == 302


async def test_a_process_that_is_deposed_tells_no_more_how_many_are_on(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    first, second = Evaluator(client, shop.tenants), Evaluator(client, shop.tenants)
    await first.round()
    assert metrics.REGISTRY.get_sample_value("aura_alerts_on", {"tenant": "shop"}) == 1
    await client.delete(ALERTS_LEASE_KEY)
    metrics.ON.clear()
    await second.round()
    assert not await first.round()
    assert metrics.REGISTRY.get_sample_value("aura_alerts_on", {"tenant": "shop"}) is None


async def test_an_old_token_does_not_displace_a_new_one(client: Client) -> None:
    book = Book(client)
    await book.claim("shop", "9:aa")
    with pytest.raises(Deposed):
        await book.claim("shop", "8:bb")
    assert await book.claim("shop", "10:cc") == {}


async def test_a_rule_that_goes_clears_its_alerts_even_when_nobody_looked(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW, PRODUCTS.replace('id = "low"', 'id = "each"'))
    await filler.put(reviews(60, NOON, good=0))
    await Evaluator(client, shop.tenants).round()
    assert len(await history(client)) == 2
    await client.delete(ALERTS_LEASE_KEY)
    shop.write(LOW.replace('id = "low"', 'id = "low"\nscope = "product"\nproduct = "LAMP-7"'))
    evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    after = (await history(client))[2:]
    assert sorted(told(after)) == [("each", "cleared", "LAMP-7"), ("low", "cleared", None), ("low", "raised", "LAMP-7")]
    assert {event.why for event in after if event.event == "cleared"} == {REMOVED}
    shop.write()
    await client.delete(ALERTS_LEASE_KEY)
    await Evaluator(client, shop.tenants).round()
    assert told(await history(client))[-1] == ("low", "cleared", "LAMP-7")
    assert await Book(client).on("shop") == {}
    assert not await client.exists(alerts_key("shop", "seen"))


PAGER = '[[tenants.webhooks]]\nname = "pager"\nurl = "https://pager.example/T0KEN"\nsecret_file = "ops.secret"\n'


def renamed(shop: Shop, *changes: tuple[str, str], webhooks: str = PAGER) -> None:
    """The file as it is with these words changed, and another webhook."""
    text = shop.path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    shop.path.write_text(f"{text}\n{webhooks}")


async def to_come(client: Client) -> list[tuple[str, str, str]]:
    """What webhooks are to be sent: webhook, event and its alert."""
    waiting = await Deliveries(client).waiting("shop")
    return sorted((one.webhook, one.event.event, one.event.alert) for one, _ in waiting)


@pytest.mark.parametrize("restarted", [False, True], ids=["by the same process", "by another"])
async def test_who_was_told_that_an_alert_is_on_is_told_of_its_end_when_its_rule_goes(
    client: Client, filler: Filler, shop: Shop, restarted: bool
) -> None:
    shop.write(LOW, PRODUCTS.replace('id = "low"', 'id = "each"'))
    await filler.put(reviews(60, NOON, good=0))
    evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    shop.write()
    if restarted:
        await evaluator.close()
        evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    each, low = sorted(await history(client), key=lambda event: (event.rule, event.event))[::2]
    assert await to_come(client) == sorted(
        ("ops", event, one.alert) for one in (each, low) for event in ("raised", "cleared")
    )


async def test_a_rule_that_judges_by_another_kind_of_figures_is_another_rule(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    shop.write(LOW.replace("threshold = 0.0", "threshold = 0.05"))
    await evaluator.round()
    assert len(await history(client)) == 1  # the same one, with another threshold
    shop.write('id = "low"\nkind = "change"\nwindow = "1h"')
    await filler.put([*reviews(60, NOON - HOUR_MS, good=60)])
    await evaluator.round()
    first, over, second = await history(client)
    assert [(one.event, one.kind) for one in (first, over, second)] == [
        ("raised", "low"), ("cleared", "low"), ("raised", "change"),
    ]  # fmt: skip
    assert first.alert == over.alert != second.alert
    assert over.why == REMOVED
    assert [alert.raised for alert in (await Book(client).on("shop")).values()] == [second]
    assert len(await to_come(client)) == 3


async def test_a_rule_that_names_others_by_now_tells_the_end_to_whom_it_told_the_beginning(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(f"{LOW}\nrepeat_minutes = 10")
    await filler.put(reviews(60, NOON, good=0))
    clock = Clock()
    evaluator = Evaluator(client, shop.tenants, clock=clock)
    await evaluator.round()
    renamed(shop, ('webhooks = ["ops"]', 'webhooks = ["pager"]'))
    clock.ahead += 10 * MINUTE_MS
    await filler.put(reviews(1, NOON + MINUTE_MS, good=0))
    await evaluator.round()
    await filler.put(reviews(40, NOON + 2 * HOUR_MS, good=40))
    await evaluator.round()
    assert [(webhook, event) for webhook, event, _ in await to_come(client)] == [
        ("ops", "cleared"), ("ops", "raised"), ("pager", "cleared"), ("pager", "repeated"),
    ]  # fmt: skip


@pytest.mark.parametrize("rule_goes", [False, True], ids=["the rule stays", "the rule goes"])
async def test_a_webhook_that_is_gone_is_named_in_the_history_and_in_the_log_and_kept_nowhere(
    client: Client, filler: Filler, shop: Shop, rule_goes: bool
) -> None:
    shop.write(LOW)
    renamed(shop, ('webhooks = ["ops"]', 'webhooks = ["ops", "pager"]'))
    await filler.put(reviews(60, NOON, good=0))
    evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    for key in [key async for key in client.scan_iter("aura:alerts:*")]:
        if await client.type(key) != b"string":
            kept = await client.dump(key) or b""
            assert b"T0KEN" not in kept
            assert SECRET.encode() not in kept
    if rule_goes:
        shop.write()
    else:
        shop.write(LOW)
        await filler.put(reviews(40, NOON + 2 * HOUR_MS, good=40))
    with capture_logs() as logs:
        await evaluator.round()
    (said,) = [line for line in logs if line["log_level"] == "warning"]
    assert (said["event"], said["webhooks"], said["rule"]) == (
        "webhooks are not told that an alert is over", ("pager",), "low",
    )  # fmt: skip
    over = (await history(client))[-1]
    assert over.why.endswith("; not told to pager: no webhook of the tenants file is called so any more")
    assert [(webhook, event) for webhook, event, _ in await to_come(client)] == [
        ("ops", "cleared"), ("ops", "raised"), ("pager", "raised"),
    ]  # fmt: skip
    (cleared,) = [one for one, _ in await Deliveries(client).waiting("shop") if one.event.event == "cleared"]
    assert cleared.event == over


async def test_an_alert_that_was_raised_before_names_were_kept_is_told_to_those_of_its_rule(
    client: Client, filler: Filler, shop: Shop
) -> None:
    shop.write(LOW)
    await filler.put(reviews(60, NOON, good=0))
    evaluator = Evaluator(client, shop.tenants)
    await evaluator.round()
    await evaluator.close()
    field, kept = next(iter((await client.hgetall(alerts_key("shop", "on"))).items()))
    old = {name: value for name, value in json.loads(kept).items() if name != "told"}
    await client.hset(alerts_key("shop", "on"), mapping={field: json.dumps(old)})
    await filler.put(reviews(40, NOON + 2 * HOUR_MS, good=40))
    await Evaluator(client, shop.tenants).round()
    assert [event for _, event, _ in await to_come(client)] == ["cleared", "raised"]


async def test_nothing_of_a_review_stands_in_what_is_told(client: Client, filler: Filler, shop: Shop) -> None:
    shop.write(PRODUCTS)
    event = ReviewEvent("e", "shop", "LAMP-7", "My secret text.", NOON, title="My title")
    await filler.put([Scored(event, 0, now_ms())] * 40)
    await Evaluator(client, shop.tenants).round()
    for key in [key async for key in client.scan_iter("aura:alerts:*")]:
        if await client.type(key) != b"string":
            assert b"My " not in (await client.dump(key) or b"")
    assert len(await history(client)) == 1
