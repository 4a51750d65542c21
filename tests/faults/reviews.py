"""The reviews of a run: each is a function of the seed and its number, so that anyone can say what was published."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from stream.event import EVENT_VERSION, VERSION_HEADER
from stream.measures import DAY_MS

TENANTS = ("shop", "bank")
NAME_HEADER = "test-name"
PRODUCTS = 60
LATE = (2 * DAY_MS, 5 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 3_650 * DAY_MS)
"""Ages of late reviews: older than a minute's, an hour's, a day's bucket lives."""

TEXTS = (
    "Works as it should, and I would buy it again tomorrow.",
    "It stopped working within the week, and the seller will not refund. My money is gone; a waste of time, very "
    "disappointed.",
    "Good value, although the manual could have been written by somebody who speaks the language.",
    "It is fine.",
    "Terrible. It smells of glue, the lid does not close, and they refuse a refund. A waste of money, very "
    "disappointed.",
    "My sister has had hers for six years, and mine looks to last as long. Quiet, quick, easy to clean; the only thing "
    "that I would change is the short cable, which made us move the whole shelf across the kitchen.",
)
VARIANTS = 50
"""Of each text, so that the judge can classify all texts that there are."""

Headers = Sequence[tuple[str, bytes | None]]


class Review(NamedTuple):
    """What must come out of one valid review."""

    tenant: str
    product: str
    at_ms: int
    rating: int | None
    text: str = TEXTS[0]


class Bad(NamedTuple):
    """What must stand in the dead letters of one record that is no event."""

    field: str
    value: bytes | None
    reason: str = ""
    """What is given as the reason; of an expected one a part of it."""
    key: bytes | None = None
    headers: Headers = ()
    """As they came; without those that Aura adds."""


@dataclass(frozen=True)
class Published:
    """A record as it goes to Kafka, and what must become of it."""

    name: str
    """Its event id; of a bad one the same, in a header."""
    key: bytes
    value: bytes | None
    verdict: Review | Bad
    headers: Headers = ()
    """Beside its name and its version."""

    @property
    def all_headers(self) -> list[tuple[str, bytes | None]]:
        """As they go to Kafka."""
        own = [(VERSION_HEADER, str(EVENT_VERSION).encode()), (NAME_HEADER, self.name.encode())]
        return [*own, *self.headers]

    @property
    def expected(self) -> Review | Bad:
        """The verdict; of a bad one with all that its dead letter must repeat."""
        if isinstance(self.verdict, Bad):
            return self.verdict._replace(key=self.key, headers=tuple(self.all_headers))
        return self.verdict


class Reviews:
    """Numbered reviews.

    Args:
        seed: another seed, other reviews.
        now_ms: the clock; none lies after it.
        bad_every: each so many'th is no event, 0 for none.
    """

    def __init__(self, seed: int, now_ms: int, *, bad_every: int = 0) -> None:
        self.seed = seed
        self._now_ms = now_ms
        self._bad_every = bad_every

    def __getitem__(self, number: int) -> Published:
        name = f"{self.seed}-{number}"
        dice = int.from_bytes(blake2b(name.encode(), digest_size=16).digest())
        dice, tenant = divmod(dice, len(TENANTS))
        dice, product = divmod(dice, PRODUCTS)
        dice, kind = divmod(dice, 100)
        dice, text = divmod(dice, len(TEXTS))
        dice, stars = divmod(dice, 7)
        dice, age = divmod(dice, 3 * 3_600_000 if kind < 75 else DAY_MS)
        if kind >= 75:
            age += LATE[kind % len(LATE)]
        rating = stars if 1 <= stars <= 5 else None
        words = f"{TEXTS[text]} No. {number % VARIANTS}."
        review = Review(TENANTS[tenant], f"thing-{product}", self._now_ms - age, rating, words)
        fields: dict[str, object] = {
            "event_id": name,
            "tenant": review.tenant,
            "product_id": review.product,
            "text": review.text,
            "occurred_at": review.at_ms,
        }
        if review.rating is not None:
            fields["rating"] = review.rating
        key = f"{review.tenant}/{review.product}".encode()
        if self._bad_every and number % self._bad_every == self._bad_every // 2:
            bad = _spoilt(fields, number // self._bad_every)
            return Published(name, key, bad.value, bad)
        return Published(name, key, json.dumps(fields).encode(), review)


def _spoilt(fields: dict[str, object], kind: int) -> Bad:
    """One of a few ways not to be an event."""
    match kind % 5:
        case 0:
            return Bad("", json.dumps(fields).encode()[:40])
        case 1:
            return Bad("tenant", json.dumps(fields | {"tenant": "stranger"}).encode())
        case 2:
            return Bad("rating", json.dumps(fields | {"rating": 11}).encode())
        case 3:
            return Bad("text", json.dumps(fields | {"text": "  "}).encode())
        case _:
            return Bad("", b"\x00\xff " + str(fields["event_id"]).encode())


Tally = dict[tuple[str, str], dict[int, list[int]]]
"""(tenant, product): day's start (ms): :data:`COLUMNS`. A tenant's own totals stand under the product ``*``."""

COLUMNS = ("reviews", "good", "rated", "rating_sum", "rated_bad", "agree")
WHOLE_TENANT = "*"


def tally(reviews: Iterable[Review], good: Callable[[str], bool]) -> Tally:
    """What must be counted of ``reviews``, by plain addition; ``good`` says how a text is labelled."""
    result: Tally = {}
    for review in reviews:
        label = good(review.text)
        row = [1, label, 0, 0, 0, 0]
        if review.rating is not None:
            row[2:] = 1, review.rating, review.rating < 4, label == (review.rating >= 4)
        for product in (review.product, WHOLE_TENANT):
            days = result.setdefault((review.tenant, product), {})
            day = days.setdefault(review.at_ms // DAY_MS * DAY_MS, [0] * len(row))
            for column, value in enumerate(row):
                day[column] += value
    return result


def differences(expected: Tally, counted: Tally) -> list[str]:
    """A sentence for each day of a product that is not as it should be."""
    found = []
    for tenant, product in sorted(expected.keys() | counted.keys()):
        should, is_ = expected.get((tenant, product), {}), counted.get((tenant, product), {})
        for day in sorted(should.keys() | is_.keys()):
            nothing = [0] * len(COLUMNS)
            wanted, got = should.get(day, nothing), is_.get(day, nothing)
            if wanted != got:
                found.append(f"{tenant}/{product}, day {day}: published {wanted}, counted {got}")
    return found


def _unlike(letter: Bad, expected: Bad) -> list[str]:
    """What of a letter is not as it should be."""
    found = []
    if letter.field.partition("[")[0] != expected.field:  # categories[2] is a fault of categories
        found.append(f"field {letter.field!r} for {expected.field!r}")
    if expected.reason not in letter.reason:
        found.append(f"reason {letter.reason!r} for {expected.reason!r}")
    if letter.value != expected.value:
        found.append("another value than it came with")
    if letter.key != expected.key:
        found.append(f"key {letter.key!r} for {expected.key!r}")
    if tuple(letter.headers) != tuple(expected.headers):
        found.append(f"headers {letter.headers} for {expected.headers}")
    return found


Place = tuple[int, int]
"""Partition and offset."""


def letter_differences(expected: dict[Place, Bad], letters: Iterable[tuple[Place, Bad]]) -> list[str]:
    """A sentence for each dead letter that is missing, too many, or not as it came."""
    found, seen = [], Counter[Place]()
    for place, letter in letters:
        seen[place] += 1
        if place not in expected:
            found.append(f"dead letter of {place}, which was valid or not there: {letter.field!r}")
        elif unlike := _unlike(letter, expected[place]):
            found.append(f"dead letter of {place}: {', '.join(unlike)}")
    found += [f"{times} dead letters of {place}" for place, times in seen.items() if times > 1]
    missing = [place for place in expected if not seen[place]]
    return found + [f"no dead letter of {place}, field {expected[place].field!r}" for place in missing]
