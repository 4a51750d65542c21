"""Records that are no events, of every kind a topic may hold, made from a seed; with what is to be said of each."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from stream.event import MAX_EVENT_BYTES, VERSION_HEADER
from tests.stream.samples import NOON_MS

SECRET: Final = "Elm Street 7"
"""Stands in review texts and must not stand in a reason."""

Headers = Sequence[tuple[str, bytes | None]]


class Bad(NamedTuple):
    """One record that no event can be made of."""

    kind: str
    value: bytes | None
    field: str
    """The field that is named in its dead letter."""
    reason: str
    """A part of the reason that is given."""
    headers: Headers = ()


Make = Callable[[random.Random], Bad]
Change = Callable[[random.Random], object]


def fields(chance: random.Random, **changes: object) -> dict[str, object]:
    """The members of a valid event after ``changes``; a change to ``...`` takes the member away."""
    members: dict[str, object] = {
        "event_id": f"bad-{chance.getrandbits(64):x}",
        "tenant": "shop",
        "product_id": f"p{chance.randrange(40)}",
        "text": f"It came to {SECRET} and works. {chance.random()}",
        "occurred_at": NOON_MS - chance.randrange(10**9),
    }
    return {name: value for name, value in (members | changes).items() if value is not ...}


def _bytes(chance: random.Random, **changes: object) -> bytes:
    return json.dumps(fields(chance, **changes), ensure_ascii=chance.random() < 0.5).encode()


def _raw(chance: random.Random, name: str, literal: str) -> bytes:
    """A member whose value is written by hand."""
    others = json.dumps(fields(chance, **{name: ...}))
    return f"{others[:-1]}, {json.dumps(name)}: {literal}}}".encode()


def _without_value(chance: random.Random) -> Bad:
    return Bad("no value", chance.choice([None, b""]), "", "no value")


def _random_bytes(chance: random.Random) -> Bad:
    return Bad("random bytes", b"\xfe" + chance.randbytes(chance.randrange(1, 300)), "", "not valid JSON")


def _truncated(chance: random.Random) -> Bad:
    whole = _bytes(chance)
    return Bad("truncated", whole[: chance.randrange(1, len(whole))], "", "not valid JSON")


def _trailing(chance: random.Random) -> Bad:
    return Bad("trailing", _bytes(chance) + chance.choice([b"{}", b",", b"\x00", b"}"]), "", "not valid JSON")


def _nested(chance: random.Random) -> Bad:
    depth = chance.randrange(101, 40_000)
    opening, closing = chance.choice([("[", "]"), ('{"a":', "}")])
    core = opening * depth + "1" + closing * depth
    inside = chance.random() < 0.5
    return Bad("nested", _raw(chance, "more", core) if inside else core.encode(), "", "nested deeper than 100")


def _marked(chance: random.Random) -> Bad:
    text = _bytes(chance).decode()
    return Bad("other encoding", text.encode(chance.choice(["utf-8-sig", "utf-16", "utf-16-be"])), "", "not valid JSON")


def _not_utf8(chance: random.Random) -> Bad:
    broken = chance.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"caf\xe9"])
    return Bad("not UTF-8", _bytes(chance).replace(b"It came", broken), "", "not valid JSON in UTF-8")


def _surrogate(chance: random.Random) -> Bad:
    literal = chance.choice([r'"\ud800"', r'"\udc00 x"', r'"\ud83d\u0041"', r'"\ud83d\ud83d"'])
    return Bad("lone surrogate", _raw(chance, chance.choice(["text", "event_id"]), literal), "", "not valid JSON")


def _not_a_number(chance: random.Random) -> Bad:
    literal = chance.choice(["NaN", "Infinity", "-Infinity", "nan", "+1", "01", "0x10", "1.", ".5", "1e"])
    return Bad("no JSON number", _raw(chance, "occurred_at", literal), "", "not valid JSON")


def _huge_number(chance: random.Random) -> Bad:
    name = chance.choice(["occurred_at", "rating"])
    literal = chance.choice(["1e400", "-1e400", "9" * 5_000, "1e300", str(1 << 64), "1" * 200 + ".5"])
    return Bad("huge number", _raw(chance, name, literal), name, "")


def _no_object(chance: random.Random) -> Bad:
    whole = _bytes(chance).decode()
    value = chance.choice(["null", "7", "true", f'"{SECRET}"', "[]", f"[{whole}]"])
    return Bad("no object", value.encode(), "", "Expected object")


def _too_large(chance: random.Random) -> Bad:
    text = "x" * (MAX_EVENT_BYTES + chance.randrange(1, 50_000))
    return Bad("too large", _bytes(chance, text=text), "", f"at most {MAX_EVENT_BYTES} are read")


def _missing(chance: random.Random) -> Bad:
    name = chance.choice(["event_id", "tenant", "product_id", "text", "occurred_at"])
    return Bad("missing", _bytes(chance, **{name: ...}), name, "required, but missing")


def _repeated(chance: random.Random) -> Bad:
    good = _bytes(chance, rating=chance.randrange(1, 6))
    return Bad("repeated name", good[:-1] + f', "rating": "{SECRET}"}}'.encode(), "rating", "got str")


def _other_version(chance: random.Random) -> Bad:
    version = chance.choice([b"2", b"", None, chance.randbytes(40)])
    return Bad("other version", _bytes(chance), "", "version", [(VERSION_HEADER, version)])


def _unknown_tenant(chance: random.Random) -> Bad:
    return Bad("unknown tenant", _bytes(chance, tenant=f"nobody-{chance.randrange(99)}"), "tenant", "tenants file")


def _ahead(chance: random.Random) -> Bad:
    at: object = chance.choice([253_402_300_799_999, "9999-12-31T23:59:59Z", "2990-01-01T00:00:00+02:00"])
    return Bad("far ahead", _bytes(chance, occurred_at=at), "occurred_at", "ahead of the log")


def _before(chance: random.Random) -> Bad:
    at: object = chance.choice([-1, 0, 1_700_000_000, "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"])
    return Bad("long ago", _bytes(chance, occurred_at=at), "occurred_at", "xpected")


_WRONG: Final[Mapping[str, tuple[object, ...]]] = {
    "event_id": (7, None, "", "x" * 129, ["e"], {"e": 1}, True, 1.5),
    "tenant": (7, None, "", "Shop", "-shop", "s" * 64, "shop\n", "shop\x00", ["shop"]),
    "product_id": (7, None, "", "a b", "a/b", ".", "..", "x" * 129, "kettle\x00", "kettle\n", "\x7f", {}),
    "text": (7, None, "", " \t\n", SECRET * 2_000, [SECRET], {"text": SECRET}),
    "occurred_at": (None, "", SECRET, True, [], "2024-02-30T00:00:00Z", "2024-02-03T00:00:00", 1.5e12 + 0.5),
    "title": (7, SECRET * 100, [SECRET]),
    "rating": (0, 6, -1, 4.5, -0.0, "5", "five", [5], True),
    "product_name": ("", 7, "x" * 301),
    "brand": ("", [], "x" * 301),
    "categories": (SECRET, {}, ["x"] * 51, [""], [7], [["x"]], [None], ["x" * 301]),
    "language": (SECRET, "en-", "e", "en-" + "x" * 9, "en" + "-x" * 60, 7),
    "source": ("", 7, "x" * 301),
}  # fmt: skip


def _wrong(chance: random.Random) -> Bad:
    name = chance.choice(sorted(_WRONG))
    field = chance.choice(_WRONG[name])
    return Bad(f"wrong {name}", _bytes(chance, **{name: field}), name, "xpected")


MAKERS: Final[tuple[Make, ...]] = (
    _without_value, _random_bytes, _truncated, _trailing, _nested, _marked, _not_utf8, _surrogate, _not_a_number,
    _huge_number, _no_object, _too_large, _missing, _repeated, _other_version, _unknown_tenant, _ahead, _before, _wrong,
    _wrong, _wrong,
)  # fmt: skip


def bad(seed: int) -> Bad:
    """The record of that number: all kinds in turn."""
    chance = random.Random(seed)
    return MAKERS[seed % len(MAKERS)](chance)


def odd(chance: random.Random) -> dict[str, Any]:
    """Members of a valid event that uses what is allowed to its edges."""
    strange = '\x00\n\u2028\u200b\ufeff\U0001f600\u0301\u202e"\\{}*?[-]:%'
    name = "".join(chance.choices(strange, k=chance.randrange(1, 20)))
    members = fields(chance, event_id=name, text=f"x{name}", title=name, product_name=name, brand=name, source=name)
    usable = "".join(c for c in name if c > " ") or "p"
    return members | {"product_id": usable, "categories": [name] * 3, "rating": chance.choice([None, 1, 5.0])}
