"""``aura alerts`` as an operator runs it."""

import json
import re
import signal
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from api.clock import now_ms
from stream.alerts.book import Book
from stream.alerts.signature import verify
from stream.store.connection import connect
from tests.api.filling import Filler
from tests.command_line import CommandLine, wait_until
from tests.services import free_port
from tests.stream.alerts.conftest import NOON, SECRET, Shop, reviews
from tests.stream.alerts.receiver import receiving

RULES = (
    'id = "low"\nkind = "low"\nwindow = "1h"\nthreshold = 0.0\nmin_reviews = 10\nscope = "products"',
    'id = "quiet"\nkind = "silence"\nwindow = "1h"',
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def settings(redis_url: str, shop: Shop) -> dict[str, str]:
    return {
        "AURA_REDIS_URL": redis_url,
        "AURA_TENANTS_FILE": str(shop.path),
        "AURA_ALERTS_SECONDS": "1",
        "AURA_ALERTS_METRICS_PORT": str(free_port()),
        "AURA_LOG_FORMAT": "json",
    }


@pytest.fixture
async def _filled(redis_url: str) -> None:
    """Two products of which one is bad, and one that nobody complains about."""
    filler = Filler(redis_url)
    await filler.open()
    await filler.put([*reviews(40, NOON, good=2, product="LAMP-7"), *reviews(40, NOON, good=39, product="KETTLE")])
    await filler.close()


@pytest.mark.usefixtures("_filled")
def test_a_test_shows_what_would_happen_and_why_and_sends_only_when_told_to(aura: CommandLine, shop: Shop) -> None:
    with receiving() as receiver:
        shop.write(*RULES, url=receiver.url)
        shown = aura("alerts", "test", "--tenant", "shop")
        assert (shown.returncode, shown.stderr) == (0, "")
        (line,) = [line for line in shown.stdout.splitlines() if "LAMP-7" in line]
        assert "raise" in line
        assert "the sentiment of 40 reviews in 1h is -0.90" in " ".join(shown.stdout.split())
        assert "KETTLE" not in shown.stdout
        assert "not be judged" in shown.stdout
        assert receiver.requests == []
        assert json.loads(aura("alerts", "list", "--json").stdout)[0]["state"] == "waiting"  # nothing was written

        sent = aura("alerts", "test", "--tenant", "shop", "--rule", "low", "--send", "--json")
        assert json.loads(sent.stdout)["webhooks"] == {"ops": "took it: HTTP 204"}
        assert [one["rule"] for one in json.loads(sent.stdout)["findings"]] == ["low"]
        (request,) = receiver.requests
        assert verify(SECRET.encode(), request.headers["x-aura-signature"], request.body, now_ms() / 1000)
        assert (request.event["event"], request.event["why"]) == ("test", "a test: nothing happened")

        receiver.answers = [(500, {})]
        failed = aura("alerts", "test", "--tenant", "shop", "--send", "--webhook", "ops")
        assert failed.returncode == 1
        assert "webhook ops: did not take it: HTTP 500" in failed.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--tenant", "bank"], "no tenant 'bank' in the tenants file; it has shop"),
        (["--tenant", "shop", "--rule", "loud"], "no rule 'loud' of shop; it has low, quiet"),
        (["--tenant", "shop", "--webhook", "pager", "--send"], "no webhook 'pager' of shop; it has ops"),
        (["--tenant", "shop", "--webhook", "ops"], "--webhook says where --send goes; nothing is sent without that"),
    ],
)
def test_what_does_not_exist_is_a_sentence(aura: CommandLine, shop: Shop, arguments: list[str], sentence: str) -> None:
    shop.write(*RULES)
    ended = aura("alerts", "test", *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"aura: {sentence}\n")


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["test", "--tenant", "shop"], ["deliveries"], ["replay", "--tenant", "shop"], ["run"]],
    ids=lambda arguments: arguments[0],
)
def test_a_tenants_file_that_is_invalid_elsewhere_is_a_sentence_and_exit_code_2(
    aura: CommandLine, shop: Shop, arguments: list[str]
) -> None:
    shop.write(*RULES)
    shop.path.write_text(shop.path.read_text() + '\n[[tenants]]\nid = "bank"\nname = "Bank"\nkind = "shoe"\n')
    ended = aura("alerts", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    first, *more = ended.stderr.splitlines()
    assert first.startswith(f"aura: {shop.path}: ")
    assert "kind: expected" in first
    assert [line[:21] for line in more] == ([] if arguments == ["run"] else ["aura: nothing of an i"])


def test_a_redis_that_is_away_is_no_answer_of_a_webhook(shop: Shop, settings: dict[str, str]) -> None:
    shop.write(*RULES)
    aura = CommandLine(settings | {"AURA_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"})
    ended = aura("alerts", "test", "--tenant", "shop")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "AURA_REDIS_URL says where it is looked for" in ended.stderr


@pytest.mark.usefixtures("_filled")
def test_run_tells_webhooks_reads_rules_anew_and_what_was_given_up_is_replayed(
    aura: CommandLine, shop: Shop, settings: dict[str, str]
) -> None:
    with receiving() as receiver:
        receiver.answers = [(410, {})]
        shop.write(url=receiver.url)
        process = aura.start("alerts", "run")
        try:
            pages = f"http://127.0.0.1:{settings['AURA_ALERTS_METRICS_PORT']}"

            def ready() -> bool:
                try:
                    return httpx.get(f"{pages}/readyz").status_code == 200
                except httpx.TransportError:
                    return False

            wait_until(ready)
            shop.write(*RULES, url=receiver.url)  # no restart
            assert receiver.await_requests(1)[0].event["product_id"] == "LAMP-7"

            def given_up() -> list[dict[str, object]]:
                found: list[dict[str, object]] = json.loads(aura("alerts", "deliveries", "--failed", "--json").stdout)
                return found

            wait_until(lambda: len(given_up()) == 1)
            (one,) = given_up()
            assert (one["tenant"], one["webhook"], one["last"], one["attempts"]) == ("shop", "ops", "HTTP 410", 1)
            assert "LAMP-7" in aura("alerts", "deliveries", "--failed").stdout
            unknown = aura("alerts", "replay", "--tenant", "shop", "nonsense")
            assert (unknown.returncode, "not among those that were given up: nonsense" in unknown.stderr) == (1, True)
            again = aura("alerts", "replay", "--tenant", "shop", str(one["id"]))
            assert again.stdout == "1 delivery is tried again by aura alerts run\n"
            requests = receiver.await_requests(2)
            assert len({request.event["id"] for request in requests}) == 1
            low, quiet = json.loads(aura("alerts", "list", "--json").stdout)
            assert (low["state"], low["on"]) == ("on", ["LAMP-7"])
            assert "replays history" in quiet["held"]
            assert "on: LAMP-7" in aura("alerts", "list").stdout
            metrics = httpx.get(f"{pages}/metrics").text
            counted = [
                line
                for line in metrics.splitlines()
                if re.match(r"aura_alerts_(events_total|deliveries_total|leading).* 1\.0$", line)
            ]
            assert counted == [
                "aura_alerts_leading 1.0",
                'aura_alerts_events_total{event="raised",tenant="shop"} 1.0',
                'aura_alerts_deliveries_total{outcome="given_up",tenant="shop"} 1.0',
                'aura_alerts_deliveries_total{outcome="delivered",tenant="shop"} 1.0',
            ]
        finally:
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "")
    logged = [json.loads(line) for line in err.splitlines()]
    assert [line for line in logged if "exception" in line] == []
    assert {"alert raised", "delivered", "a delivery was given up"} <= {line["event"] for line in logged}


def test_run_without_a_tenants_file_is_a_sentence(aura: CommandLine, shop: Shop) -> None:
    shop.path.unlink()
    ended = aura("alerts", "run")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "cannot be read: No such file or directory" in ended.stderr


async def test_a_killed_process_gives_way_to_another_that_delivers_what_it_had_begun(
    aura: CommandLine, shop: Shop, redis_url: str
) -> None:
    filler = Filler(redis_url)
    await filler.open()
    await filler.put(reviews(40, NOON, good=0))
    await filler.close()
    client = connect(redis_url)
    with receiving() as receiver:
        shop.write(RULES[0], url=receiver.url)
        first = aura.start("alerts", "run")
        receiver.before = lambda request: first.kill()  # in the middle of its first delivery
        receiver.await_requests(1)
        first.communicate(timeout=60)
        receiver.before = lambda request: None
        # Its lease and its hold on the delivery end by themselves after 15 and 60 s; nobody waits for them here.
        await client.delete("aura:alerts:lease")
        (held,) = await cast(Any, client.zrange("aura:alerts:{shop}:due", 0, -1))
        await client.zadd("aura:alerts:{shop}:due", {str(held, "ascii"): 0})
        second = aura.start("alerts", "run")
        requests = receiver.await_requests(2)
        second.send_signal(signal.SIGTERM)
        second.communicate(timeout=60)
    assert len({request.event["id"] for request in requests}) == 1
    assert len(await Book(client).history("shop", None, 10)) == 1
    await client.aclose()
