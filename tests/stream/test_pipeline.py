import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.classifier import ReviewLike
from stream import metrics
from stream.burial import DeadLettersUnavailable
from stream.deadletter import DeadLetter
from stream.duplicates import Claim, Memory
from stream.event import MAX_FUTURE, VERSION_HEADER, encode
from stream.fold import Increments, Keep
from stream.measures import DAY_MS
from stream.pipeline import Behind, Pipeline
from stream.record import Run, Stretch, TopicPartition
from stream.scoring import ClassifierFailed, House
from stream.standing import Standing, checksum
from stream.store.keys import shard_of
from stream.store.lost import beyond
from stream.store.reign import Deposed
from stream.store.state import StoreUnavailable
from stream.store.writer import Applied
from tests.stream.samples import NOON_MS, TP, FakeRecord, WordClassifier, event, record, run

KEEP = Keep(50, 7 * DAY_MS)
WORDS: Any = WordClassifier()
HOUR_MS = 3_600_000
HOUSES = {"shop": House("words", KEEP, HOUR_MS), "bank": House("words", KEEP, HOUR_MS), "club": House("words", KEEP)}


class MemoryWriter:
    """A store of one dictionary a shard, with the rules of the real one for fences and duplicates."""

    def __init__(self, fences: list[int]) -> None:
        self.shards = len(fences)
        self.stored = list(fences)
        self.counted = [0] * self.shards
        self.calls = 0
        self.pending: dict[bytes, tuple[int, Sequence[Claim], int]] = {}
        self.memories = [Memory() for _ in fences]
        self.lost: dict[Stretch, int] = {}
        self.reign = ""
        self.models: list[dict[str, str]] = []
        self.claims = 0

    def pack(
        self,
        increments: Increments,
        keep: dict[str, Keep],
        now_ms: int,
        claims: Sequence[Claim],
        models: Mapping[str, str],
    ) -> bytes:
        self.models.append({tenant: models[tenant] for tenant in increments.tenants})
        packed = str(len(self.pending)).encode()
        self.pending[packed] = (
            sum(delta.totals.reviews for delta in increments.tenants.values()),
            claims,
            len(increments.offers),
        )
        return packed

    async def apply(
        self, topic: str, partition: int, runs: dict[int, tuple[int, int, bytes]], now_ms: int, token: str = ""
    ) -> dict[int, Applied]:
        self.calls += 1
        answers = {}
        for shard, (expected, last, packed) in runs.items():
            fence = self.stored[shard]
            reviews, claims, offers = self.pending[packed]
            if fence >= expected and token not in ("", self.reign):
                answers[shard] = Applied("deposed", fence)
            elif fence >= last:
                answers[shard] = Applied("stale", fence)
            elif fence != expected:
                answers[shard] = Applied("overlap" if fence > expected else "behind", fence)
            elif duplicates := copy.deepcopy(self.memories[shard]).take(partition, claims):
                answers[shard] = Applied("duplicates", fence, tuple(duplicates))
            else:
                self.memories[shard].take(partition, claims)
                self.stored[shard] = last
                self.counted[shard] += reviews
                answers[shard] = Applied("applied", fence, bounds=(-1,) * offers)
        return answers

    async def fences(self, topic: str, partitions: list[int]) -> dict[int, list[int]]:
        return {partition: list(self.stored) for partition in partitions}

    async def claim(self, tp: TopicPartition) -> str:
        self.claims += 1
        self.reign = f"reign {self.claims}"
        return self.reign

    async def look(self, tp: TopicPartition, token: str) -> list[int]:
        if token not in ("", self.reign):
            raise Deposed(tp)
        return list(self.stored)

    async def remember_lost(self, tp: TopicPartition, stretches: Sequence[Stretch], found_ms: int) -> list[Stretch]:
        new = beyond(stretches, [stretch for stretch, at_ms in self.lost.items() if at_ms != found_ms])
        self.lost.update(dict.fromkeys(new, found_ms))
        return new


class MemoryLetters:
    """A dead-letter topic in memory."""

    def __init__(self) -> None:
        self.sent: list[DeadLetter] = []
        self.taken: list[int] = []
        self.held = False

    async def take(self, tp: TopicPartition, since_ms: int) -> Standing:
        self.taken.append(since_ms)
        self.held = True
        records = [letter.record for letter in self.sent if letter.tp == tp]
        return Standing(
            [one.offset for one in records], [checksum(one.key, one.value, one.timestamp) for one in records]
        )

    def holds(self, tp: TopicPartition) -> bool:
        return self.held

    async def send(self, letters: Sequence[DeadLetter]) -> None:
        assert self.held
        self.sent.extend(letters)


def pipeline(writer: MemoryWriter, letters: MemoryLetters | None = None, classifier: Any = WORDS) -> Pipeline:
    return Pipeline(HOUSES, {"words": classifier}, writer, letters or MemoryLetters())


def copy_of(offset: int, number: int, **changes: Any) -> FakeRecord:
    """Event ``number``, at an offset of its own."""
    return FakeRecord(offset, encode(event(number, **changes)))


def run_of(*records: FakeRecord) -> Run:
    return Run.of(TP, 1, records)


async def test_a_batch_is_decoded_scored_and_counted_once() -> None:
    writer = MemoryWriter([9])
    pipe = pipeline(writer)
    (result,) = pipe.process([run_of(record(10), record(11, text="bad kettle"))])
    assert [(offset, review.p_good) for offset, review in result.scored] == [(10, 900_000), (11, 100_000)]
    await pipe.apply(result, fences := [9])
    assert (fences, writer.stored, writer.counted) == ([11], [11], [2])


@pytest.mark.parametrize(
    ("broken", "field", "reason"),
    [
        (FakeRecord(0, b"{"), "", "not valid JSON"),
        (FakeRecord(0, None), "", "no value"),
        (FakeRecord(0, encode(event(tenant="stranger"))), "tenant", "not in the tenants file"),
        (FakeRecord(0, encode(event(rating=9))), "rating", "<= 5"),
        (FakeRecord(0, encode(event()), headers=[(VERSION_HEADER, b"2")]), "", "version"),
        (
            FakeRecord(0, encode(event(occurred_at=NOON_MS + int(MAX_FUTURE.total_seconds() * 1000) + 1))),
            "occurred_at",
            "ahead of the log",
        ),
    ],
)
async def test_what_is_no_event_becomes_a_dead_letter_with_field_and_reason(
    broken: FakeRecord, field: str, reason: str
) -> None:
    letters = MemoryLetters()
    writer = MemoryWriter([-1])
    pipe = pipeline(writer, letters)
    (result,) = pipe.process([run_of(broken, record(1))])
    await pipe.apply(result, [-1])
    (letter,) = letters.sent
    assert (letter.record, letter.field) == (broken, field)
    assert reason in letter.reason
    assert writer.counted == [1]


async def test_one_poisonous_review_stands_alone_in_the_dead_letters() -> None:
    letters = MemoryLetters()
    pipe = pipeline(MemoryWriter([-1]), letters)
    records = [record(i, text="poison" if i == 613 else "fine") for i in range(1_000)]
    (result,) = pipe.process([run_of(*records)])
    assert len(result.scored) == 999
    await pipe.apply(result, [-1])
    assert [letter.record.offset for letter in letters.sent] == [613]


def test_a_probability_that_is_not_a_number_counts_as_a_failure() -> None:
    class Broken(WordClassifier):
        def predict(self, reviews: Sequence[Any]) -> NDArray[np.float32]:
            return np.full((len(reviews), 2), np.nan, np.float32)

    with pytest.raises(ClassifierFailed):
        pipeline(MemoryWriter([-1]), classifier=Broken()).process([run(0, 4)])


async def test_what_another_worker_applied_meanwhile_is_left_out() -> None:
    writer = MemoryWriter([14])
    pipe = pipeline(writer)
    (result,) = pipe.process([run(10, 19)])
    await pipe.apply(result, fences := [9])
    assert (writer.counted, writer.stored, fences) == ([5], [19], [19])


async def test_a_zombie_s_late_batch_changes_nothing() -> None:
    writer = MemoryWriter([30])
    pipe = pipeline(writer)
    (result,) = pipe.process([run(10, 19)])
    await pipe.apply(result, fences := [9])
    assert (writer.counted, writer.stored, fences) == ([0], [30], [30])


async def test_what_a_successor_has_read_in_time_is_not_called_lost() -> None:
    writer = MemoryWriter([14])
    pipe = pipeline(writer)
    (result,) = pipe.process([Run(TP, 1, (), 10, 19, (Stretch(10, 12), Stretch(14, 19)))])
    await pipe.apply(result, [9])
    assert (list(writer.lost), result.missing) == ([Stretch(15, 19)], [Stretch(15, 19)])
    (late,) = pipe.process([Run(TP, 1, (), 10, 19, (Stretch(10, 19),))])
    await pipe.learn(late.run)
    await writer.claim(TP)
    with pytest.raises(Deposed):
        await pipe.apply(late, [9])
    assert (list(writer.lost), late.missing) == ([Stretch(15, 19)], [])


async def test_what_is_lost_is_told_once_though_the_store_does_not_answer_afterwards() -> None:
    class Failing(MemoryWriter):
        async def apply(self, *args: Any) -> dict[int, Applied]:
            self.calls += 1
            if self.calls == 1:
                raise StoreUnavailable("away")
            return await super().apply(*args)

    pipe = pipeline(Failing([9]))
    (result,) = pipe.process([Run(TP, 1, (), 10, 19, (Stretch(10, 19),))])
    with pytest.raises(StoreUnavailable):
        await pipe.apply(result, [9])
    await pipe.apply(result, [9])
    assert result.missing == [Stretch(10, 19)]


async def test_a_deposed_worker_does_not_shut_its_successor_out_of_the_letters() -> None:
    letters = MemoryLetters()
    pipe = pipeline(writer := MemoryWriter([-1]), letters)
    junk = run_of(FakeRecord(0, b"junk"))
    await pipe.learn(junk)
    (result,) = pipe.process([junk])
    await writer.claim(TP)
    letters.held = False
    with pytest.raises(Deposed):
        await pipe.apply(result, [-1])
    assert (len(letters.taken), letters.sent) == (1, [])


async def test_who_waits_for_kafka_takes_a_partition_only_once() -> None:
    class Away(MemoryLetters):
        async def take(self, tp: TopicPartition, since_ms: int) -> Standing:
            raise DeadLettersUnavailable("Kafka is away")

    pipe = pipeline(writer := MemoryWriter([9]), Away())
    for _ in range(3):
        with pytest.raises(DeadLettersUnavailable):
            await pipe.learn(run(10, 19))
    assert writer.claims == 1
    with pytest.raises(DeadLettersUnavailable):
        await pipe.learn(run(10, 19, epoch=2))
    assert writer.claims == 2


async def test_a_store_that_lost_data_asks_for_the_log_from_its_fence_on() -> None:
    pipe = pipeline(writer := MemoryWriter([4]))
    (result,) = pipe.process([run(10, 19)])
    with pytest.raises(Behind) as raised:
        await pipe.apply(result, [9])
    assert raised.value.offset == 5
    assert writer.counted == [0]


async def test_shards_that_stopped_at_different_offsets_each_get_what_they_lack() -> None:
    writer = MemoryWriter([14, 9])
    pipe = pipeline(writer)
    records = [record(i, product_id=f"p{i}") for i in range(10, 20)]
    (result,) = pipe.process([run_of(*records)])
    await pipe.apply(result, fences := [14, 9])
    homes = {offset: shard_of("shop", f"p{offset}", 2) for offset in range(10, 20)}
    assert fences == [19, 19]
    assert writer.counted == [
        sum(shard == 0 and offset > 14 for offset, shard in homes.items()),
        sum(shard == 1 for shard in homes.values()),
    ]


async def test_what_stands_in_the_dead_letters_stays_there_though_the_tenants_file_would_take_it_now() -> None:
    letters = MemoryLetters()
    pipe = Pipeline({"bank": HOUSES["bank"]}, {"words": WORDS}, MemoryWriter([-1]), letters)
    records = [record(0, tenant="bank"), record(1), record(2)]
    first = run_of(*records)
    await pipe.learn(first)
    (result,) = pipe.process([first])
    await pipe.apply(result, [-1])
    assert [letter.record.offset for letter in letters.sent] == [1, 2]
    rebuilt = Pipeline(HOUSES, {"words": WORDS}, writer := MemoryWriter([-1]), letters)
    again = run_of(*records, record(3))
    await rebuilt.learn(again)
    (result,) = rebuilt.process([again])
    assert [offset for offset, _ in result.scored] == [0, 3]
    await rebuilt.apply(result, [-1])
    assert (writer.counted, len(letters.sent)) == ([2], 2)


async def test_letters_are_looked_for_from_the_time_the_log_says_and_from_the_beginning_if_a_producer_says_it() -> None:
    letters = MemoryLetters()
    pipe = pipeline(MemoryWriter([-1]), letters)
    await pipe.learn(run_of(FakeRecord(0, b"junk", timestamp=NOON_MS)))
    await pipe.learn(run_of(FakeRecord(0, b"junk", timestamp=NOON_MS * 2, timestamp_type=0)))
    assert letters.taken == [NOON_MS, 0]


async def test_after_a_failure_only_those_letters_are_written_that_do_not_stand_there_yet() -> None:
    class Lost(MemoryLetters):
        async def send(self, letters: Sequence[DeadLetter]) -> None:
            await super().send(letters[:2])
            self.held = False
            raise DeadLettersUnavailable("the answer was lost")

    letters = Lost()
    pipe = pipeline(MemoryWriter([-1]), letters)
    junk = run_of(*(FakeRecord(offset, b"junk") for offset in range(3)))
    await pipe.learn(junk)
    (result,) = pipe.process([junk])
    with pytest.raises(DeadLettersUnavailable):
        await pipe.apply(result, fences := [-1])
    with pytest.raises(DeadLettersUnavailable):
        await pipe.apply(result, fences)
    await pipe.apply(result, fences)
    assert ([letter.record.offset for letter in letters.sent], fences) == ([0, 1, 2], [2])


async def test_letters_are_in_offset_order_whatever_refused_them() -> None:
    records = [record(i, text="poison") if i % 2 else FakeRecord(i, b"junk") for i in range(6)]
    (result,) = pipeline(MemoryWriter([-1])).process([run_of(*records)])
    assert [letter.record.offset for letter in result.dead] == list(range(6))


def test_tenants_that_name_a_model_which_is_not_loaded_are_refused() -> None:
    with pytest.raises(ValueError, match="other-model"):
        Pipeline({"shop": House("other-model", KEEP)}, {}, MemoryWriter([-1]), MemoryLetters())


def copies(tenant: str) -> tuple[float, float]:
    """Reviews counted and left out so far, as the metrics say."""
    return metrics.REVIEWS.labels(tenant)._value.get(), metrics.DUPLICATES.labels(tenant)._value.get()


async def test_a_batch_has_one_model_though_another_is_promoted_while_it_is_scored_and_says_which() -> None:
    writer, fences = MemoryWriter([-1]), [-1]
    later = {tenant: replace(house, model="gloomy") for tenant, house in HOUSES.items()}

    class Settling(WordClassifier):
        """The tenants file changes while it computes."""

        def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
            pipe.settle(later, {"gloomy": gloomy})
            return super().predict(reviews)

    class Gloomy(WordClassifier):
        def predict(self, reviews: Sequence[ReviewLike]) -> NDArray[np.float32]:
            return np.tile(np.array([[0.0, 1.0]], np.float32), (len(reviews), 1))

    classifier: Any = Settling()
    gloomy: Any = Gloomy()
    pipe = pipeline(writer, classifier=classifier)
    first, second = run(0, 3), run(0, 3, tp=TopicPartition("aura.reviews", 1), tenant="bank")
    before = pipe.process([first, second])
    (after,) = pipe.process([run(4, 5)])
    answers = [{scored.p_good for _, scored in result.scored} for result in (*before, after)]
    assert answers == [{900_000}, {900_000}, {0}]
    await pipe.apply(before[0], fences)
    await pipe.apply(after, fences)
    assert writer.models == [{"shop": "words"}, {"shop": "gloomy"}]


async def test_an_event_published_twice_counts_once_within_a_run_and_across_runs() -> None:
    writer = MemoryWriter([-1])
    pipe = pipeline(writer)
    before = copies("shop")
    first, second = pipe.process([run_of(copy_of(0, 7), copy_of(1, 8), copy_of(2, 7)), run_of(copy_of(3, 8))])
    await pipe.apply(first, fences := [-1])
    assert (writer.counted, writer.stored, fences, writer.calls) == ([2], [2], [2], 2)
    await pipe.apply(second, fences)
    assert (writer.counted, writer.stored) == ([2], [3])
    assert [now - then for now, then in zip(copies("shop"), before, strict=True)] == [2, 2]


async def test_a_run_without_duplicates_asks_the_store_once() -> None:
    pipe = pipeline(writer := MemoryWriter([-1]))
    (result,) = pipe.process([run(0, 99)])
    await pipe.apply(result, [-1])
    assert (writer.counted, writer.calls) == ([100], 1)


async def test_a_tenant_without_a_horizon_counts_each_copy() -> None:
    pipe = pipeline(writer := MemoryWriter([-1]))
    (result,) = pipe.process([run_of(*(copy_of(i, 7, tenant="club") for i in range(3)))])
    await pipe.apply(result, [-1])
    assert writer.counted == [3]


async def test_a_good_copy_of_a_dead_letter_counts() -> None:
    pipe = pipeline(writer := MemoryWriter([-1]))
    (result,) = pipe.process([run_of(copy_of(0, 7, text="poison"), copy_of(1, 7))])
    await pipe.apply(result, [-1])
    assert writer.counted == [1]


async def test_a_retry_knows_the_duplicates_that_it_was_told_of() -> None:
    class Failing(MemoryWriter):
        async def apply(self, *args: Any) -> dict[int, Applied]:
            if self.calls == 1:
                self.calls += 1
                raise StoreUnavailable("away")
            return await super().apply(*args)

    pipe = pipeline(writer := Failing([-1]))
    (result,) = pipe.process([run_of(copy_of(0, 7), copy_of(1, 7), copy_of(2, 8))])
    with pytest.raises(StoreUnavailable):
        await pipe.apply(result, [-1])
    assert writer.stored == [-1]
    before = copies("shop")
    await pipe.apply(result, [-1])
    assert (writer.counted, writer.calls) == ([2], 3)
    assert [now - then for now, then in zip(copies("shop"), before, strict=True)] == [2, 1]


async def test_each_shard_leaves_out_its_own_duplicates() -> None:
    pipe = pipeline(writer := MemoryWriter([-1, -1]))
    products = ["kettle", "lamp", "chair", "desk"]
    homes = [shard_of("shop", product, 2) for product in products]
    assert set(homes) == {0, 1}
    records = [copy_of(i, 7, product_id=products[i % 4]) for i in range(12)]
    (result,) = pipe.process([run_of(*records)])
    await pipe.apply(result, [-1, -1])
    assert writer.counted == [homes.count(0), homes.count(1)]
