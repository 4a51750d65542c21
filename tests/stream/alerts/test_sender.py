"""Deliveries to a real receiver: signed, tried again, given up, and never lost, whenever the process is killed."""

import asyncio
import socket
from collections.abc import Iterator
from email.utils import formatdate
from itertools import count
from typing import Any

import pytest
import redis.asyncio
from redis.asyncio.client import Pipeline
from structlog.testing import capture_logs

from stream.alerts import webhook
from stream.alerts.backoff import ATTEMPTS
from stream.alerts.book import Book
from stream.alerts.deliveries import HOLD_MS, MAX_DEAD, Deliveries, Delivery
from stream.alerts.evaluator import Evaluator
from stream.alerts.sender import AT_ONCE, Sender
from stream.alerts.signature import verify
from stream.alerts.stepping import AlertEvent
from stream.measures import DAY_MS
from stream.store.connection import Client
from stream.store.keys import ALERTS_LEASE_KEY, alerts_key
from tests.api.filling import Filler
from tests.stream.alerts.conftest import NOON, SECRET, Shop, reviews
from tests.stream.alerts.receiver import Receiver, Request

LOW = 'id = "low"\nkind = "low"\nwindow = "1h"\nthreshold = 0.0\nmin_reviews = 10\nnote = "Anrufen: ä"'
AT = 1_716_212_345_678


class Clock:
    def __init__(self, ms: int = AT) -> None:
        self.ms = ms

    def __call__(self) -> int:
        return self.ms


def happened(number: int = 1) -> AlertEvent:
    return AlertEvent(
        f"e{number}", "raised", "a1", "shop", "low", "low", "warning", "LAMP-7", "Lamp \u00e4", "1h", AT, AT, AT,
        -0.5, (-0.6, -0.4), 60, None, 0.0, 0.1, "because", "Call.",
    )  # fmt: skip


async def put(client: Client, *deliveries: Delivery) -> None:
    for delivery in deliveries:
        await Deliveries(client).again("shop", delivery, 0)


async def send(sender: Sender) -> list[str]:
    """Send what is due; what the log says to do about what failed."""
    with capture_logs() as logs:
        await sender.round()
        await sender.settled()
    assert [entry for entry in logs if "our fault" in entry["event"]] == []
    return [entry["do"] for entry in logs if entry["event"].startswith("a delivery ")]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sender(client: Client, shop: Shop, receiver: Receiver, clock: Clock) -> Any:
    shop.write(LOW, url=f"{receiver.url}/hook?token=1")
    sender = Sender(client, shop.tenants, shop.path.parent, clock=clock)
    yield sender
    await sender.close()


async def test_what_arrives_is_the_event_signed_and_named(client: Client, sender: Sender, receiver: Receiver) -> None:
    await put(client, Delivery("d1", "ops", happened(), AT))
    await send(sender)
    (request,) = receiver.requests
    assert request.path == "/hook?token=1"
    assert verify(SECRET.encode(), request.headers["x-aura-signature"], request.body, AT / 1000)
    assert {name: request.headers[name] for name in ("content-type", "x-aura-event", "x-aura-event-id")} == {
        "content-type": "application/json", "x-aura-event": "raised", "x-aura-event-id": "e1",
    }  # fmt: skip
    assert (request.headers["x-aura-delivery"], request.headers["x-aura-attempt"]) == ("d1", "1")
    event = request.event
    assert (event["id"], event["event"], event["tenant"], event["product_name"]) == ("e1", "raised", "shop", "Lamp ä")
    assert (event["interval"], event["reviews"], event["why"]) == ([-0.6, -0.4], 60, "because")
    assert await Deliveries(client).counts(["shop"]) == {"shop": (0, 0)}
    assert not await client.exists(alerts_key("shop", "jobs"))


async def test_errors_of_the_receiver_are_tried_again_with_growing_pauses_and_then_given_up(
    client: Client, sender: Sender, receiver: Receiver, clock: Clock
) -> None:
    receiver.answers = [((500, 503, 429)[number % 3], {}) for number in range(ATTEMPTS)]
    await put(client, Delivery("d1", "ops", happened(), AT))
    pauses = []
    for attempt in range(1, ATTEMPTS):
        await send(sender)
        ((waiting, due),) = await Deliveries(client).waiting("shop")
        assert waiting.attempts == attempt
        pauses.append(due - clock.ms)
        clock.ms = due - 1
        await send(sender)
        assert len(receiver.requests) == attempt  # not before its time
        clock.ms = due
    assert pauses[0] <= 5_000 < pauses[4] < pauses[-1] <= 1_800_000
    await send(sender)
    deliveries = Deliveries(client)
    assert await deliveries.waiting("shop") == []
    ((dead, at),) = await deliveries.dead("shop")
    assert (dead.attempts, dead.last, at, dead.event) == (ATTEMPTS, "HTTP 429", clock.ms, happened())
    # Somebody mends the receiver, and has it sent after all: signed anew, the same event.
    assert await deliveries.revive("shop", dead, clock.ms)
    assert not await deliveries.revive("shop", dead, clock.ms)
    await send(sender)
    last = receiver.requests[-1]
    assert (last.headers["x-aura-event-id"], last.headers["x-aura-attempt"]) == ("e1", "1")
    assert verify(SECRET.encode(), last.headers["x-aura-signature"], last.body, clock.ms / 1000)
    assert await deliveries.counts(["shop"]) == {"shop": (0, 0)}


TRY = "aura alerts test --tenant shop --send --webhook ops tries it"


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (301, "put the address that it leads to into the webhook's url, for redirects are not followed"),
        (302, "put the address that it leads to into the webhook's url, for redirects are not followed"),
        (307, "put the address that it leads to into the webhook's url, for redirects are not followed"),
        (400, "look at the receiver's own log for why it refuses"),
        (401, "see that the receiver has the secret of the webhook's secret_file"),
        (404, "put the right address into the webhook's url"),
        (410, "the receiver says that this address is no more: put another one into the webhook's url"),
    ],
)
async def test_what_another_attempt_would_not_change_is_given_up_at_once_and_the_log_says_what_would(
    client: Client, sender: Sender, receiver: Receiver, status: int, cause: str
) -> None:
    receiver.answers = [(status, {"Location": f"{receiver.url}/elsewhere"})]
    await put(client, Delivery("d1", "ops", happened(), AT))
    assert await send(sender) == [f"{cause}; {TRY}, then aura alerts replay --tenant shop d1"]
    ((dead, _),) = await Deliveries(client).dead("shop")
    assert dead.last == f"HTTP {status}"
    assert len(receiver.requests) == 1  # no redirect was followed


@pytest.mark.parametrize("wish", ["600", formatdate(AT / 1000 + 600, usegmt=True), "99999999999999999", "soon"])
async def test_a_receiver_says_when_it_wants_to_be_asked_again(
    client: Client, sender: Sender, receiver: Receiver, wish: str
) -> None:
    receiver.answers = [(503, {"Retry-After": wish})]
    await put(client, Delivery("d1", "ops", happened(), AT))
    await send(sender)
    ((_, due),) = await Deliveries(client).waiting("shop")
    least, most = {"soon": (0, 5), "99999999999999999": (3_600, 3_600)}.get(wish, (599, 601))
    assert least * 1000 <= due - AT <= most * 1000


async def test_a_receiver_that_is_away_or_never_answers_is_tried_again(
    client: Client, sender: Sender, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "WHOLE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop.write(LOW, url=f"http://127.0.0.1:{silent.getsockname()[1]}/")
        await put(client, Delivery("d1", "ops", happened(), AT))
        assert await send(sender) == [
            f"see that the address in the webhook's url is right, and answers this machine within 15 s; {TRY}"
        ]
    ((waiting, _),) = await Deliveries(client).waiting("shop")
    assert waiting.last == "TimeoutError"
    shop.write(LOW, url="http://127.0.0.1:1/")
    await put(client, waiting)
    await send(sender)
    ((waiting, _),) = await Deliveries(client).waiting("shop")
    assert (waiting.last, waiting.attempts) == ("ConnectError", 2)


async def test_a_webhook_that_is_gone_and_a_secret_that_is_missing(
    client: Client, sender: Sender, shop: Shop, receiver: Receiver
) -> None:
    (shop.path.parent / "ops.secret").unlink()
    await put(client, Delivery("d1", "ops", happened(), AT), Delivery("d2", "pager", happened(2), AT))
    assert sorted(await send(sender)) == [
        "mend the webhook's secret_file; aura tenants check says whether all is well",
        "nothing, if it shall not be told; else give a webhook of the tenants file that name, then aura alerts replay "
        "--tenant shop d2",
    ]
    assert receiver.requests == []
    deliveries = Deliveries(client)
    assert [(one.id, one.last) for one, _ in await deliveries.waiting("shop")] == [("d1", "the secret cannot be used")]
    assert [(one.id, one.last) for one, _ in await deliveries.dead("shop")] == [
        ("d2", "no such webhook in the tenants file any more")
    ]


async def test_a_receiver_that_never_answers_does_not_hold_up_those_of_another(
    client: Client, sender: Sender, shop: Shop, receiver: Receiver, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stream.alerts.deliveries.LOOKED_AT", 10)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dead = f'name = "dead"\nurl = "http://127.0.0.1:{silent.getsockname()[1]}/"\nsecret_file = "ops.secret"\n'
        shop.path.write_text(f"{shop.path.read_text()}\n[[tenants.webhooks]]\n{dead}")
        for number in range(60):
            await Deliveries(client).again("shop", Delivery(f"d{number:02}", "dead", happened(number), AT), AT - 100)
        for number in range(5):
            await Deliveries(client).again("shop", Delivery(f"o{number}", "ops", happened(number), AT), AT - 50)
        async with asyncio.timeout(60):
            while sum(one.webhook == "ops" for one, _ in await Deliveries(client).waiting("shop")):
                await sender.round()
                clock.ms += 1
                await asyncio.sleep(0.01)
        assert sorted(request.event["id"] for request in receiver.requests) == [f"e{n}" for n in range(5)]
        await sender.close()


async def test_what_a_clock_that_was_ahead_put_off_by_years_is_due_now(
    client: Client, sender: Sender, receiver: Receiver
) -> None:
    for number, due in enumerate([AT + 400 * DAY_MS, AT + 30 * 60_000, AT + 2 * DAY_MS]):
        await Deliveries(client).again("shop", Delivery(f"d{number}", "ops", happened(number), AT), due)
    await send(sender)
    assert sorted(request.event["id"] for request in receiver.requests) == ["e0", "e2"]
    assert [one.id for one, _ in await Deliveries(client).waiting("shop")] == ["d1"]


async def test_one_that_arrives_after_another_process_gave_it_up_is_counted_among_those_no_more(client: Client) -> None:
    deliveries = Deliveries(client)
    one = Delivery("d1", "ops", happened(), AT)
    await deliveries.again("shop", one, AT)
    await deliveries.bury("shop", one, AT)
    await deliveries.again("shop", one, AT)  # by one that had slept
    await deliveries.arrived("shop", one)
    assert await deliveries.counts(["shop"]) == {"shop": (0, 0)}


async def test_a_webhook_has_a_few_on_their_way_and_two_senders_share_the_rest(
    client: Client, sender: Sender, shop: Shop, receiver: Receiver, clock: Clock
) -> None:
    await put(client, *(Delivery(f"d{number}", "ops", happened(number), AT) for number in range(10)))
    other = Sender(client, shop.tenants, shop.path.parent, clock=clock)
    assert [await sender.round(), await other.round()] == [AT_ONCE, AT_ONCE]
    for each in (sender, other):
        await each.settled()
    await send(sender)
    await other.close()
    assert sorted(request.event["id"] for request in receiver.requests) == sorted(f"e{n}" for n in range(10))


async def test_only_the_newest_that_were_given_up_are_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.alerts.deliveries.MAX_DEAD", 3)
    deliveries = Deliveries(client)
    for number in range(5):
        delivery = Delivery(f"d{number}", "ops", happened(number), AT)
        await deliveries.again("shop", delivery, 0)
        await deliveries.bury("shop", delivery, AT + number)
    assert [one.id for one, _ in await deliveries.dead("shop")] == ["d2", "d3", "d4"]
    assert await client.hlen(alerts_key("shop", "jobs")) == 3
    assert MAX_DEAD == 1_000


class Killed(BaseException):
    """The process ends here: no handler catches it, nothing is tidied up."""


@pytest.fixture
def dies_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets the process die at its n-th word to Redis, before Redis hears it or after."""
    state = {"left": -1, "after": False}
    single, many = redis.asyncio.Redis.execute_command, Pipeline.execute

    def dying(original: Any) -> Any:
        async def run(self: Any, *arguments: Any, **options: Any) -> Any:
            state["left"] -= 1
            if state["left"] == 0 and not state["after"]:
                raise Killed
            answer = await original(self, *arguments, **options)
            if state["left"] == 0:
                raise Killed
            return answer

        return run

    monkeypatch.setattr(redis.asyncio.Redis, "execute_command", dying(single))
    monkeypatch.setattr(Pipeline, "execute", dying(many))

    def die(at: int, *, after: bool) -> None:
        state.update(left=at, after=after)

    yield die
    state["left"] = -1


@pytest.mark.parametrize("after", [False, True], ids=["before Redis heard it", "after"])
async def test_whenever_the_evaluator_dies_each_event_happens_once_and_is_delivered(
    redis_url: str, client: Client, filler: Filler, shop: Shop, receiver: Receiver, dies_at: Any, after: bool
) -> None:
    shop.write(LOW, f'{LOW.replace("low", "each", 1)}\nscope = "products"', url=receiver.url)
    await filler.put([one for number in range(3) for one in reviews(40, NOON, good=0, product=f"P{number}")])
    sender = Sender(client, shop.tenants, shop.path.parent)
    for at in count(1):
        for key in [key async for key in client.scan_iter("aura:alerts:*")]:
            await client.delete(key)
        receiver.requests.clear()
        dies_at(at, after=after)
        died = False
        try:
            await Evaluator(client, shop.tenants).round()
        except Killed:
            died = True
        dies_at(-1, after=False)
        await client.delete(ALERTS_LEASE_KEY)  # it ends by itself
        await Evaluator(client, shop.tenants).round()
        await send(sender)
        events = [event.id for _, event in await Book(client).history("shop", None, 100)]
        assert len(events) == 4
        assert sorted(request.event["id"] for request in receiver.requests) == sorted(events)
        if not died:
            break
    await sender.close()
    assert at > 8  # it died at each of its words


async def test_a_sender_that_dies_in_the_middle_loses_nothing_and_says_the_same_again(
    client: Client, shop: Shop, receiver: Receiver, clock: Clock
) -> None:
    shop.write(LOW, url=receiver.url)
    await put(client, Delivery("d1", "ops", happened(), AT))
    dead = Sender(client, shop.tenants, shop.path.parent, clock=clock)

    def cut_off(request: Request) -> None:
        for task in dead._tasks:
            task.get_loop().call_soon_threadsafe(task.cancel)

    receiver.before = cut_off
    await send(dead)
    receiver.before = lambda request: None
    successor = Sender(client, shop.tenants, shop.path.parent, clock=clock)
    await send(successor)
    assert len(receiver.requests) == 1  # as long as it may still be on its way
    clock.ms += HOLD_MS
    await send(successor)
    assert [request.event["id"] for request in receiver.requests] == ["e1", "e1"]
    assert await Deliveries(client).counts(["shop"]) == {"shop": (0, 0)}
    for each in (dead, successor):
        await each.close()
