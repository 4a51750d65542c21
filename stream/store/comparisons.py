"""What shadows have answered, beside the models that count. Kept for people: a worker that dies loses what it had not
written yet, and what is read twice may be compared twice.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from stream.comparison import SHOWN, Disagreement, Tally
from stream.fold import Keep
from stream.measures import DAY_MS
from stream.store import keys
from stream.store.connection import Client, unavailable

KEPT_MS: Final = 90 * DAY_MS
"""How long a comparison is remembered after its last review: long enough to ask why a model was promoted."""

PAIRS: Final = 20
"""Comparisons read of a tenant, the latest; more than anybody tries in 90 days."""

_encoder = msgspec.json.Encoder()
_disagreement = msgspec.json.Decoder(Disagreement)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a shadow said beside one active model."""

    pair: str
    """Its name, 12 hex digits."""
    active: str
    shadow: str
    since_ms: int
    until_ms: int
    tally: Tally


def pair_of(active: str, shadow: str) -> str:
    """Name of a pair of models."""
    return hashlib.sha256(f"{active}\0{shadow}".encode()).hexdigest()[:12]


async def add(
    client: Client,
    tenant: str,
    models: tuple[str, str],
    found: tuple[Tally, Sequence[tuple[int, Disagreement]]],
    keep: Keep,
    now_ms: int,
) -> None:
    """Add what :func:`stream.comparison.compare` has found to what is known of these models, active and shadow.

    Raises:
        StoreUnavailable: Redis did not answer; some of it may be added.
    """
    pair, (tally, differing) = pair_of(*models), found
    index, key, texts = (
        keys.comparisons_key(tenant), keys.comparison_key(tenant, pair), keys.disagreements_key(tenant, pair)
    )  # fmt: skip
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        pipe.zadd(index, {pair: now_ms})
        pipe.zremrangebyscore(index, "-inf", now_ms - KEPT_MS)
        pipe.pexpire(index, KEPT_MS)
        pipe.hset(key, mapping={"active": models[0], "shadow": models[1], "until": now_ms})
        pipe.hsetnx(key, "since", cast(Any, now_ms))
        for name, gain in tally.as_dict().items():
            if gain:
                pipe.hincrby(key, name, gain)
        pipe.pexpire(key, KEPT_MS)
        if keep.reviews and differing:  # as of recent reviews: a tenant that keeps no texts keeps none of these
            pipe.zadd(texts, {_encoder.encode(one): min(logged_ms, now_ms) for logged_ms, one in differing})
            pipe.pexpire(texts, keep.ms)
        pipe.zremrangebyscore(texts, "-inf", now_ms - keep.ms)
        pipe.zremrangebyrank(texts, 0, -min(SHOWN, keep.reviews) - 1)
        await pipe.execute()


async def read(client: Client, tenant: str) -> list[Comparison]:
    """A tenant's comparisons, the latest first.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    async with unavailable(), client.pipeline(transaction=False) as pipe:
        named = await cast(Any, client.zrevrange(keys.comparisons_key(tenant), 0, PAIRS - 1))
        pairs = [pair.decode() for pair in named]
        for pair in pairs:
            pipe.hgetall(keys.comparison_key(tenant, pair))
        answers = await pipe.execute() if pairs else []
    return [_comparison(pair, fields) for pair, fields in zip(pairs, answers, strict=True) if fields]


async def disagreements(client: Client, tenant: str, pair: str, since_ms: int, limit: int) -> list[Disagreement]:
    """Reviews of a pair that the log took since then and that the two label differently, newest first.

    Raises:
        StoreUnavailable: Redis did not answer.
    """
    async with unavailable():
        entries = await cast(
            Any, client.zrevrangebyscore(keys.disagreements_key(tenant, pair), "+inf", since_ms, start=0, num=limit)
        )
    return [_disagreement.decode(entry) for entry in entries]


def _comparison(pair: str, fields: Mapping[bytes, bytes]) -> Comparison:
    counts = {name: int(fields.get(name.encode(), 0)) for name in Tally.__slots__}
    return Comparison(
        pair,
        fields[b"active"].decode(),
        fields[b"shadow"].decode(),
        int(fields[b"since"]),
        int(fields[b"until"]),
        Tally(**counts),
    )
