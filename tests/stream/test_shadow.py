"""Shadows come after the counting, take a part of the time, and can hold nothing up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from redis.exceptions import NoPermissionError
from structlog.testing import capture_logs

from models.classifier import ReviewLike
from stream import shadow
from stream.comparison import Disagreement, Tally
from stream.fold import Keep
from stream.scoring import Processed
from stream.shadow import WAITING, Rival, Shadows
from stream.store.state import StoreUnavailable
from tests.stream.samples import run, scored

KEEP = Keep(50, 1)
SECONDS = 30.0


class Gloomy:
    """Calls everything bad, once it is let."""

    manifest = SimpleNamespace(name="gloomy", labels=("good", "bad"))
    digest = "0" * 12
    device = "test"

    def __init__(self) -> None:
        self.may = threading.Event()
        self.may.set()
        self.failing = False

    def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
        self.may.wait(SECONDS)
        if self.failing:
            raise RuntimeError(reviews[0].text)
        return np.tile(np.array([[0.25, 0.75]], np.float32), (len(reviews), 1))


@dataclass
class Saved:
    """What was kept, by tenant and models."""

    found: dict[tuple[str, str, str], Tally] = field(default_factory=dict)
    away: bool = False
    refusal: Exception | None = None

    async def save(
        self,
        tenant: str,
        models: tuple[str, str],
        found: tuple[Tally, Sequence[tuple[int, Disagreement]]],
        keep: Keep,
    ) -> None:
        if self.away:
            raise StoreUnavailable
        if self.refusal is not None:
            raise self.refusal
        whole = self.found.setdefault((tenant, *models), Tally())
        for name, gain in found[0].as_dict().items():
            setattr(whole, name, getattr(whole, name) + gain)


def batch(
    count: int, *, first: int = 0, model: str = "sunny", duplicates: Sequence[int] = (), **changes: Any
) -> Processed:
    offsets = range(first, first + count)
    return Processed(
        run(first, first + count - 1),
        [(offset, scored(offset, **changes)) for offset in offsets],
        duplicates=set(duplicates),
        models={"shop": model, "bank": model},
    )


def beside(classifier: Any) -> Rival:
    return Rival("sunny", "gloomy", classifier, KEEP)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


@asynccontextmanager
async def comparing(saved: Saved, **rivals: Rival) -> AsyncIterator[Shadows]:
    shadows = Shadows(saved.save)
    shadows.settle(rivals)
    task = asyncio.create_task(shadows.run())
    try:
        yield shadows
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_only_what_was_counted_by_the_model_it_is_compared_with_is_scored() -> None:
    saved, rival = Saved(), beside(Gloomy())
    async with comparing(saved, shop=rival) as shadows:
        shadows.offer(batch(5, duplicates=(1, 3)))
        shadows.offer(batch(7, tenant="bank"))  # has no shadow
        shadows.offer(batch(9, model="before"))  # was scored before the file changed
        await until(lambda: saved.found)
    assert {key: tally.scored for key, tally in saved.found.items()} == {("shop", "sunny", "gloomy"): 3}
    assert saved.found["shop", "sunny", "gloomy"].only_active_good == 3


async def test_what_it_has_no_time_for_is_passed_over_and_counted() -> None:
    saved, slow = Saved(), Gloomy()
    slow.may.clear()
    async with comparing(saved, shop=beside(slow)) as shadows:
        shadows.offer(batch(1))
        await until(lambda: shadows._waiting.empty())  # it is at work on the first one
        for number in range(WAITING + 3):
            shadows.offer(batch(10, first=10 * number))  # and never waits here
        slow.may.set()
        await until(lambda: saved.found and saved.found["shop", "sunny", "gloomy"].scored == 1 + 10 * WAITING)
    assert saved.found["shop", "sunny", "gloomy"].passed_over == 30


async def test_one_that_fails_is_left_out_until_it_is_settled_again_and_no_text_is_told(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, broken = Saved(), Gloomy()
    broken.failing = True
    rival = beside(broken)
    async with comparing(saved, shop=rival, bank=rival) as shadows:
        shadows.offer(batch(2, text="SECRET"))
        await until(lambda: "shop" not in shadows._rivals)
        shadows.offer(batch(2))
        broken.failing = False
        shadows.offer(batch(3, tenant="bank"))
        await until(lambda: saved.found)
        shadows.settle({"shop": rival})
        shadows.offer(batch(4))
        await until(lambda: len(saved.found) == 2)
    assert {key[0]: tally.scored for key, tally in saved.found.items()} == {"bank": 3, "shop": 4}
    assert "SECRET" not in caplog.text + capsys.readouterr().out


async def test_a_store_that_does_not_answer_ends_nothing() -> None:
    saved = Saved(away=True)
    async with comparing(saved, shop=beside(Gloomy())) as shadows:
        shadows.offer(batch(5))
        await until(lambda: sum(shadows._passed_over.values()) == 5)
        saved.away = False
        shadows.offer(batch(2))
        await until(lambda: saved.found)
    tally = saved.found["shop", "sunny", "gloomy"]
    assert (tally.scored, tally.passed_over) == (2, 5)


async def test_a_store_that_refuses_for_good_ends_nothing_and_no_text_is_told() -> None:
    saved = Saved(refusal=NoPermissionError("Command # 6 (ZADD aura:shadow:shop SECRET)"))
    with capture_logs() as logs:
        async with comparing(saved, shop=beside(Gloomy()), bank=beside(Gloomy())) as shadows:
            shadows.offer(batch(5))
            await until(lambda: "shop" not in shadows._rivals)
            saved.refusal = None
            shadows.offer(batch(2, tenant="bank"))
            await until(lambda: saved.found)
    assert [key[0] for key in saved.found] == ["bank"]
    (told,) = logs
    assert (told["tenant"], told["model"], told["error"]) == ("shop", "gloomy", "NoPermissionError")
    assert "aura:shadow:*" in told["do"]
    assert "SECRET" not in str(told)


async def test_it_rests_for_the_rest_of_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    ticks = iter(range(0, 1_000, 3))  # each look at the clock is three seconds after the one before
    sleep = asyncio.sleep

    async def rest(seconds: float) -> None:
        rests.append(seconds)
        await sleep(0)

    fakes = SimpleNamespace(monotonic=lambda: float(next(ticks)))
    monkeypatch.setattr(shadow, "time", fakes)
    saved = Saved()
    async with comparing(saved, shop=beside(Gloomy())) as shadows:
        monkeypatch.setattr(asyncio, "sleep", rest)
        shadows.offer(batch(1))
        async with asyncio.timeout(SECONDS):
            while not rests:
                await sleep(0.001)
        monkeypatch.undo()
    assert rests[0] == pytest.approx(3.0 * (1 / shadow.SHARE - 1))


async def test_without_shadows_a_batch_is_not_looked_at() -> None:
    shadows = Shadows(Saved().save)
    unreadable: Any = object()
    shadows.offer(unreadable)
