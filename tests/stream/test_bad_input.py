"""Whatever stands in the topic: each record is counted or dead, and what is counted can be read."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import redis
from hypothesis import example, given, settings
from hypothesis import strategies as st

from api import shapes, views
from stream.event import InvalidEvent, ReviewEvent, decode, encode, from_fields
from stream.fold import RECENT_TEXT_CHARS, Keep
from stream.measures import DAY_MS, Measures
from stream.pipeline import Pipeline
from stream.record import Run
from stream.scoring import House
from stream.store.connection import connect, open_store
from stream.store.reader import MAX_BUCKETS, Store
from stream.store.writer import StoreWriter
from tests.stream.hostile import MAKERS, SECRET, bad, odd
from tests.stream.samples import TP, FakeRecord, WordClassifier, event, record
from tests.stream.strategies import events
from tests.stream.test_pipeline import MemoryLetters, MemoryWriter

NOW = time.time_ns() // 1_000_000
WORDS: Any = WordClassifier()
HOUSES = {"shop": House("words", Keep(50, 7 * DAY_MS))}

SECONDS_A_RECORD = 2.0
"""The slowest record takes hundredths of a second; a machine that is busy gets its time."""


def test_a_bad_record_is_refused_with_field_and_reason_and_without_review_text() -> None:
    found = [bad(number) for number in range(40 * len(MAKERS))]
    pipe = Pipeline(HOUSES, {"words": WORDS}, MemoryWriter([-1]), MemoryLetters())
    records = [FakeRecord(offset, broken.value, headers=broken.headers) for offset, broken in enumerate(found)]
    (result,) = pipe.process([Run.of(TP, 1, records)])
    assert [letter.record for letter in result.dead] == records
    for broken, letter in zip(found, result.dead, strict=True):
        assert letter.field.partition("[")[0] == broken.field, (broken.kind, letter.reason)
        assert broken.reason in letter.reason, broken.kind
        assert SECRET not in letter.reason
        assert len(letter.reason) < 200
        assert not set("`\n\0") & set(letter.reason), broken.kind


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def nearly(draw: st.DrawFn) -> bytes:
    """An event's JSON with other values, members given twice, or pieces cut out and put in."""
    members: list[tuple[str, object]] = list(draw(events).items())
    for name in draw(st.lists(st.sampled_from([*ReviewEvent.__struct_fields__, "more"]), max_size=3)):
        members.insert(draw(st.integers(0, len(members))), (name, draw(json_values)))
    pieces = [f"{msgspec.json.encode(k).decode()}:{msgspec.json.encode(v).decode()}" for k, v in members]
    payload = ("{" + ",".join(pieces) + "}").encode()
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(payload)))
        end = start + draw(st.integers(0, 3))
        payload = payload[:start] + draw(st.binary(max_size=3) | st.sampled_from([b"\\ud800", b"\xff"])) + payload[end:]
    return payload


payloads = st.none() | st.binary(max_size=300) | nearly()
names = st.sampled_from(["aura-event-version", "x", ""]) | st.text(max_size=9)
headers = st.lists(st.tuples(names, st.none() | st.binary(max_size=40)), max_size=3)


@given(payloads)
def test_decoding_gives_an_event_that_encodes_or_a_reason_in_bounded_time(payload: bytes | None) -> None:
    started = time.perf_counter()
    outcome: ReviewEvent | InvalidEvent
    try:
        outcome = decode(payload)
    except InvalidEvent as refused:
        outcome = refused
    if isinstance(outcome, ReviewEvent):
        assert decode(encode(outcome)) == outcome
    else:
        assert outcome.reason
        assert outcome.field.partition("[")[0] in {"", *ReviewEvent.__struct_fields__}
    assert time.perf_counter() - started < SECONDS_A_RECORD


def judged(judge: Callable[[Any], ReviewEvent], given: object) -> ReviewEvent | None:
    try:
        return judge(given)
    except InvalidEvent:
        return None


@given(nearly())
def test_a_request_s_loose_fields_are_judged_as_the_same_record_is(payload: bytes) -> None:
    try:
        fields = msgspec.json.decode(payload, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    assert judged(from_fields, fields) == judged(decode, payload)


anything = payloads | st.integers(0, 10**6).map(lambda number: bad(number).value) | st.just(record(0).value)


@given(st.lists(st.tuples(anything, headers), min_size=1, max_size=30), st.sets(st.integers(1, 29), max_size=3))
def test_every_record_is_counted_or_dead_and_each_offset_once(
    found: list[tuple[bytes | None, list[tuple[str, bytes | None]]]], cuts: set[int]
) -> None:
    records = [FakeRecord(offset, value, headers=given) for offset, (value, given) in enumerate(found)]
    letters, writer = MemoryLetters(), MemoryWriter([-1, -1, -1])
    pipe = Pipeline(HOUSES, {"words": WORDS}, writer, letters)
    ends = sorted({0, *(cut for cut in cuts if cut < len(records)), len(records)})
    fences = [-1, -1, -1]
    counted: list[int] = []
    for first, end in pairwise(ends):
        (result,) = pipe.process([Run.of(TP, 1, records[first:end])])
        counted += [offset for offset, _ in result.scored]
        asyncio.run(pipe.apply(result, fences))
    assert sorted(counted + [letter.record.offset for letter in letters.sent]) == list(range(len(records)))
    assert sum(writer.counted) == len(counted)
    assert writer.stored == fences == [len(records) - 1] * 3


async def stored_and_read(url: str, found: list[FakeRecord]) -> None:
    """Apply records to a real store and read all of it as the API does."""
    client = connect(url)
    try:
        writer, letters = StoreWriter(client, await open_store(client, 2)), MemoryLetters()
        pipe = Pipeline(HOUSES, {"words": WORDS}, writer, letters)
        (result,) = pipe.process([Run.of(TP, 1, found)])
        await pipe.apply(result, fences := [-1, -1])
        assert fences == [len(found) - 1] * 2
        events = [scored.event for _, scored in result.scored]
        await as_the_api_reads(Store(client), events, fresh=all(one.timestamp == NOW for one in found))
    finally:
        await client.aclose()


async def as_the_api_reads(store: Store, events: list[ReviewEvent], *, fresh: bool) -> None:
    """Read everything; what is not ``fresh`` has left buckets and recent reviews, or never got there."""
    whole = await store.entity("shop", None)
    assert (whole.totals.reviews if whole else 0) == len(events)
    counted = Counter(event.product_id for event in events)
    assert await store.product_ids("shop") == sorted(counted)
    at = await store.now("shop")
    for row in await store.products("shop", None, at):
        views.product_row(row, all_time=True).model_dump_json()
        product = str(row.state.product_id)
        assert row.state.totals.reviews == counted[product]
        views.product(row.state, at, await store.windows("shop", product, at)).model_dump_json()
        days: list[tuple[int, Measures]] = []
        for start in range(0, row.state.last_ms + 1, MAX_BUCKETS * DAY_MS):
            end = min(start + MAX_BUCKETS * DAY_MS, row.state.last_ms + 1)
            days += await store.timeline("shop", product, "1d", start, end)
        assert not fresh or sum(day.reviews for _, day in days) == counted[product]
        kept = [views.review(one) for one in await store.recent("shop", product, 50)]
        shown = shapes.Reviews(product_id=product, reviews=kept).model_dump_json()
        back = shapes.Reviews.model_validate_json(shown).reviews
        mine = [event for event in reversed(events) if event.product_id == product]
        assert not fresh or [(one.event_id, one.text, one.title) for one in back] == [
            (event.event_id, event.text[:RECENT_TEXT_CHARS], event.title) for event in mine
        ]
    updates = await store.live("shop", "0-0", 1)
    assert sum(update.reviews for update in updates) == len(events)


shop_events = st.builds(lambda fields: fields | {"tenant": "shop"}, events)


@settings(max_examples=60)
@given(found=st.lists(shop_events.map(msgspec.json.encode) | payloads, max_size=8))
def test_what_is_accepted_is_counted_in_redis_and_read_back_as_it_was(redis_url: str, found: list[bytes]) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    records = [FakeRecord(offset, payload, timestamp=NOW) for offset, payload in enumerate([*found, None])]
    asyncio.run(stored_and_read(redis_url, records))


def happened(occurred_at: int) -> bytes:
    return encode(event(occurred_at=occurred_at))


stamps = st.sampled_from([-1, 0, NOW // 1000, NOW, NOW * 1000, 10**13 - 1, 10**13]) | st.integers(-1, 2**63 - 1)


@settings(max_examples=60)
@given(found=st.lists(st.tuples(stamps, shop_events.map(msgspec.json.encode)), min_size=1, max_size=8))
@example(found=[(-1, happened(100_000_000_000)), (9_999_999_999_999, happened(8_640_086_399_999))])
def test_whatever_time_the_log_gives_a_record_it_is_counted_or_dead_and_all_can_be_read(
    redis_url: str, found: list[tuple[int, bytes]]
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    records = [FakeRecord(offset, payload, timestamp=stamp) for offset, (stamp, payload) in enumerate(found)]
    asyncio.run(stored_and_read(redis_url, records))


def test_names_of_unusual_characters_are_counted_and_read_back_as_they_were(redis_url: str) -> None:
    chance = random.Random(5)
    records = [FakeRecord(offset, msgspec.json.encode(odd(chance)), timestamp=NOW) for offset in range(100)]
    asyncio.run(stored_and_read(redis_url, records))
