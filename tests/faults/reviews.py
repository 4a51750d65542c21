"""The reviews of a run: each is a function of the seed and its number, so that anyone can say what was published."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from stream.measures import DAY_MS

TENANTS = ("shop", "bank")
PRODUCTS = 60
LATE = (2 * DAY_MS, 5 * DAY_MS, 40 * DAY_MS, 400 * DAY_MS, 3_650 * DAY_MS)
"""Ages of late reviews: older than a minute's, an hour's, a day's bucket lives."""

TEXTS = (
    "Works as it should, and I would buy it again tomorrow.",
    "Broke within the week. The seller never answered, so my money is gone; stay away from it.",
    "Good value, although the manual could have been written by somebody who speaks the language.",
    "It is fine.",
    "Terrible. It smells of glue and the lid does not close, however hard one presses it down.",
    "My sister has had hers for six years, and mine looks to last as long. Quiet, quick, easy to clean; the only thing "
    "that I would change is the short cable, which made us move the whole shelf across the kitchen.",
)


class Review(NamedTuple):
    """What must come out of one valid review."""

    tenant: str
    product: str
    at_ms: int
    rating: int | None


class Bad(NamedTuple):
    """What must stand in the dead letters of one record that is no event."""

    field: str
    value: bytes | None
    reason: str = ""
    """What is given as the reason; of an expected one a part of it."""


@dataclass(frozen=True)
class Published:
    """A record as it goes to Kafka, and what must become of it."""

    name: str
    """Its event id; of a bad one the same, in a header."""
    key: bytes
    value: bytes | None
    verdict: Review | Bad
    headers: Sequence[tuple[str, bytes | None]] = ()
    """Beside its name and its version."""


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
        review = Review(TENANTS[tenant], f"thing-{product}", self._now_ms - age, stars if 1 <= stars <= 5 else None)
        fields: dict[str, object] = {
            "event_id": name,
            "tenant": review.tenant,
            "product_id": review.product,
            "text": f"{TEXTS[text]} No. {number}.",
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
"""(tenant, product): day's start (ms): reviews, rated, sum of ratings."""


def tally(reviews: Iterable[Review]) -> Tally:
    """What must be counted of ``reviews``, by plain addition."""
    result: Tally = {}
    for review in reviews:
        days = result.setdefault((review.tenant, review.product), {})
        day = days.setdefault(review.at_ms // DAY_MS * DAY_MS, [0, 0, 0])
        day[0] += 1
        if review.rating is not None:
            day[1] += 1
            day[2] += review.rating
    return result


def differences(expected: Tally, counted: Tally) -> list[str]:
    """A sentence for each day of a product that is not as it should be."""
    found = []
    for tenant, product in sorted(expected.keys() | counted.keys()):
        should, is_ = expected.get((tenant, product), {}), counted.get((tenant, product), {})
        for day in sorted(should.keys() | is_.keys()):
            wanted, got = should.get(day, [0, 0, 0]), is_.get(day, [0, 0, 0])
            if wanted != got:
                found.append(f"{tenant}/{product}, day {day}: published {wanted}, counted {got}")
    return found


def _is(letter: Bad, expected: Bad) -> bool:
    field = letter.field.partition("[")[0]  # categories[2] is a fault of categories
    return (field, letter.value) == expected[:2] and expected.reason in letter.reason


Place = tuple[int, int]
"""Partition and offset."""


def letter_differences(expected: dict[Place, Bad], letters: Iterable[tuple[Place, Bad]]) -> list[str]:
    """A sentence for each dead letter that is missing, too many, or not as it came."""
    found, seen = [], Counter[Place]()
    for place, letter in letters:
        seen[place] += 1
        if place not in expected:
            found.append(f"dead letter of {place}, which was valid or not there: {letter.field!r}")
        elif not _is(letter, expected[place]):
            found.append(
                f"dead letter of {place}: expected field {expected[place].field!r}, {expected[place].reason!r}, "
                f"got {letter.field!r}, {letter.reason!r}, "
                f"value {'as it came' if letter.value == expected[place].value else 'changed'}"
            )
    found += [f"{times} dead letters of {place}" for place, times in seen.items() if times > 1]
    missing = [place for place in expected if not seen[place]]
    return found + [f"no dead letter of {place}, field {expected[place].field!r}" for place in missing]
