"""The review event, version 1: what a producer puts on the topic and what a worker reads from it.

One definition serves the wire, the published JSON Schema and the AsyncAPI document. Decoding is one typed
pass; it yields a :class:`ReviewEvent` or raises :class:`InvalidEvent` with the field and the reason.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Raw, Struct

from stream.nesting import MAX_DEPTH, too_deep

EVENT_VERSION: Final = 1
VERSION_HEADER: Final = "aura-event-version"

MAX_TEXT_CHARS: Final = 20_000
"""Longest review text. The longest of 50,000 film reviews has 14 k characters; classifiers read 150-600 words."""

MAX_TITLE_CHARS: Final = 1_000
MAX_LABEL_CHARS: Final = 300
MAX_CATEGORIES: Final = 50

MAX_LANGUAGE_CHARS: Final = 100
"""Longest language tag; RFC 5646 (4.4.1) finds 35 enough. The pattern alone has no end, and the tag is kept in Redis
with each recent review."""

MAX_EVENT_BYTES: Final = 256 * 1024
"""Largest encoded event that is decoded at all: bounds the time one hostile record can take. An event with every
field at its limit, each character escaped to six bytes, is smaller."""

MAX_FUTURE: Final = timedelta(minutes=10)
"""How far an event's time may lie ahead of the time the log took it. Beyond that a producer's clock is wrong."""

MIN_OCCURRED_MS: Final = 100_000_000_000
"""Earliest ``occurred_at`` (1973-03-03): below it lie seconds mistaken for milliseconds, the usual fault."""

MAX_OCCURRED_MS: Final = 253_402_300_799_999
"""Latest ``occurred_at`` (the end of 9999): integers beyond it have no date and overflow whoever keeps 64 bits."""

MAX_LOGGED_MS: Final = 9_999_999_999_999
"""Latest time of a record (2286), in the thirteen digits that the store keeps of it. Where a topic takes its producers'
stamps (CreateTime), microseconds for milliseconds are the usual fault: they would make any event's time a past one."""

# ``$`` matches before a final line feed in Python; this lookahead is the end in Python and ECMAScript alike.
_END = r"(?![\s\S])"
# What is accepted of RFC 3339, for validators that do not check "format": a zone is required.
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}:[0-5]\d(\.\d+)?"
_DATE_TIME_PATTERN: Final = rf"^{_DATE}[Tt ]{_TIME}([Zz]|[+-]\d{{2}}:\d{{2}}){_END}"
TENANT_PATTERN: Final = rf"^[a-z0-9][a-z0-9_-]{{0,62}}{_END}"
# "." and "..", percent-encoded or not, are steps of a path, which clients and proxies take (RFC 3986, 6.2.2.3; WHATWG
# URL, "double-dot path segment"): such a product could be counted, and never be asked for.
PRODUCT_ID_PATTERN: Final = rf"^(?!\.\.?{_END})[^\x00-\x20\x7f/]{{1,128}}{_END}"
PRODUCT_ID_EXPECTED: Final = "1-128 characters, none of them a blank, a control character or '/', and not '.' or '..'"
LANGUAGE_PATTERN: Final = rf"^[A-Za-z]{{2,8}}(-[A-Za-z0-9]{{1,8}})*{_END}"

# Patterns stand in the schema alone: check_forms() knows most tenants and products from before, and msgspec would call
# Python's regular expressions for each anew, at a quarter of what decoding takes.
TenantId = Annotated[
    str, Meta(description="The business that the review belongs to.", extra_json_schema={"pattern": TENANT_PATTERN})
]
ProductId = Annotated[
    str,
    Meta(
        description="The thing reviewed; no blanks, control characters or '/', and neither '.' nor '..'.",
        extra_json_schema={"pattern": PRODUCT_ID_PATTERN},
    ),
]
Label = Annotated[str, Meta(min_length=1, max_length=MAX_LABEL_CHARS)]


class ReviewEvent(Struct, frozen=True, omit_defaults=True, gc=False):
    """One customer review of one product of one tenant. Unknown fields are ignored."""

    event_id: Annotated[
        str, Meta(min_length=1, max_length=128, description="Unique per tenant; repeated when the event is sent again.")
    ]
    tenant: TenantId
    product_id: ProductId
    text: Annotated[
        str,
        Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="The review.", extra_json_schema={"pattern": r"\S"}),
    ]
    occurred_at: Annotated[
        Annotated[datetime, Meta(tz=True, extra_json_schema={"pattern": _DATE_TIME_PATTERN})]
        | Annotated[int, Meta(ge=MIN_OCCURRED_MS, le=MAX_OCCURRED_MS)],
        Meta(
            description="When it was written: RFC 3339 with a zone, or milliseconds since 1970-01-01 UTC; "
            "after 1973-03-03 and no more than 10 minutes ahead of the log."
        ),
    ]
    title: Annotated[str, Meta(max_length=MAX_TITLE_CHARS)] | None = None
    rating: Annotated[int, Meta(ge=1, le=5, description="Stars given by the customer.")] | None = None
    product_name: Label | None = None
    brand: Label | None = None
    categories: Annotated[tuple[Label, ...], Meta(max_length=MAX_CATEGORIES)] | None = None
    language: (
        Annotated[str, Meta(max_length=MAX_LANGUAGE_CHARS, extra_json_schema={"pattern": LANGUAGE_PATTERN})] | None
    ) = None
    source: Label | None = None

    @property
    def occurred_ms(self) -> int:
        """``occurred_at`` in milliseconds since 1970-01-01 UTC."""
        at = self.occurred_at
        return at if isinstance(at, int) else (at - _EPOCH) // _MILLISECOND

    @property
    def key(self) -> bytes:
        """The Kafka key: all reviews of a product go to one partition."""
        return f"{self.tenant}/{self.product_id}".encode()


class InvalidEvent(ValueError):
    """A record or row that cannot become an event.

    Attributes:
        field: the offending field (``occurred_at``), or ``""`` when the whole payload is at fault.
        reason: what was expected and what came. Never holds review text.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
MAX_FUTURE_MS: Final = MAX_FUTURE // _MILLISECOND
_decoder = msgspec.json.Decoder(ReviewEvent)
_members_decoder = msgspec.json.Decoder(
    msgspec.defstruct("Members", [(name, Raw, Raw()) for name in ReviewEvent.__struct_fields__])
)
_encoder = msgspec.json.Encoder()
_PATH = re.compile(r" - at `\$\.?([^`]*)`$")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MISSING = re.compile(r"missing required field `([^`]+)`")
_EXPECTED: Final = {
    "tenant": "expected 1-63 of a-z, 0-9, '_' and '-', the first a letter or digit",
    "product_id": f"expected {PRODUCT_ID_EXPECTED}",
    "text": "expected at least one character that is not a blank",
    "occurred_at": "expected an RFC 3339 time with a zone, or milliseconds since 1970",
    "language": "expected a language tag such as 'en' or 'pt-BR'",
}
_INTEGERS: Final = ("occurred_at", "rating")


def decode(payload: bytes | None) -> ReviewEvent:
    """Decode one record's value. Of a name that an object holds twice the last counts; unknown names are passed over.

    Raises:
        InvalidEvent: naming the field, or no field when the payload is not one JSON object.
    """
    if not payload:
        raise InvalidEvent("", "the record has no value; expected a JSON object")
    if len(payload) > MAX_EVENT_BYTES:
        raise InvalidEvent("", f"{len(payload)} bytes; at most {MAX_EVENT_BYTES} are read")
    if too_deep(payload):
        raise InvalidEvent("", f"nested deeper than {MAX_DEPTH} arrays and objects")
    try:
        event = _decoder.decode(payload)
    except msgspec.ValidationError:
        event = _decode_again(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_json(error) from None
    check_forms(event)
    check_time(event)
    return event


def from_fields(fields: Mapping[str, object]) -> ReviewEvent:
    """Build an event from loose fields (a CSV row, a request body), by the same rules as :func:`decode`.

    ``occurred_at`` may be an RFC 3339 string, a ``datetime`` with a zone, or milliseconds.

    Raises:
        InvalidEvent: naming the field.
    """
    fields = _with_integers(fields)
    at = fields.get("occurred_at")
    if isinstance(at, datetime) and at.tzinfo is not None:
        with suppress(OverflowError):  # within a day of year 1 or 10000: check_time refuses it
            fields["occurred_at"] = at.astimezone(UTC)  # zones before about 1900 have seconds; RFC 3339 cannot say them
    try:
        event = msgspec.convert(fields, ReviewEvent)
        encode(event)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except UnicodeEncodeError:
        raise _not_unicode(fields) from None
    check_forms(event)
    check_time(event)
    return event


def encode(event: ReviewEvent) -> bytes:
    """The event as JSON, fields that are not set left out."""
    return _encoder.encode(event)


def check_forms(event: ReviewEvent) -> None:
    """Refuse ids, texts and languages that do not have the form which the schema says (its ``pattern``)."""
    if not _is_tenant(event.tenant):
        field = "tenant"
    elif not _is_product_id(event.product_id):
        field = "product_id"
    elif event.text.isspace():
        field = "text"
    elif event.language is not None and not _is_language(event.language):
        field = "language"
    else:
        return
    raise InvalidEvent(field, _EXPECTED[field])


@lru_cache(maxsize=1_024)
def _is_tenant(name: str) -> bool:
    return re.search(TENANT_PATTERN, name) is not None


@lru_cache(maxsize=16_384)
def _is_product_id(name: str) -> bool:
    return re.search(PRODUCT_ID_PATTERN, name) is not None


@lru_cache(maxsize=1_024)
def _is_language(tag: str) -> bool:
    return re.search(LANGUAGE_PATTERN, tag) is not None


def check_time(event: ReviewEvent) -> None:
    """Refuse datetimes that the integer form refuses already (:data:`MIN_OCCURRED_MS`, :data:`MAX_OCCURRED_MS`)."""
    if type(event.occurred_at) is not int and not MIN_OCCURRED_MS <= event.occurred_ms <= MAX_OCCURRED_MS:
        raise InvalidEvent("occurred_at", "expected a time after 1973-03-03 and before the year 10000")


def check_not_future(event: ReviewEvent, logged_ms: int) -> None:
    """Refuse an event more than :data:`MAX_FUTURE` ahead of the time the log took it.

    The record's own time stands for the clock, so that reading the log again gives the same answer.

    Raises:
        InvalidEvent: naming ``occurred_at``, or no field where it is the log's time that cannot be.
    """
    if logged_ms > MAX_LOGGED_MS:
        raise InvalidEvent("", f"the record is stamped {logged_ms}; expected milliseconds since 1970")
    ahead = event.occurred_ms - logged_ms
    if ahead > MAX_FUTURE_MS:
        raise InvalidEvent("occurred_at", f"{ahead // 1000} s ahead of the log; at most {MAX_FUTURE_MS // 1000} s")


def _decode_again(payload: bytes) -> ReviewEvent:
    """Decode what the typed decoder refused: JSON knows one kind of number, and many producers write a rating as 5.0.

    Member by member, so that the name of the one at fault is known, and what is unknown is passed over here too.
    """
    fields: dict[str, object] = {}
    try:
        members = _members_decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None
    except msgspec.DecodeError as error:
        raise _not_json(error) from None
    for name in ReviewEvent.__struct_fields__:
        if raw := getattr(members, name):
            try:
                fields[name] = msgspec.json.decode(raw)
            except msgspec.ValidationError as error:
                raise InvalidEvent(name, str(error)) from None
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise _not_json(error) from None
    try:
        return msgspec.convert(_with_integers(fields), ReviewEvent)
    except msgspec.ValidationError as error:
        raise _named(str(error)) from None


def _with_integers(fields: Mapping[str, object]) -> dict[str, object]:
    """A copy in which whole floats are integers where an integer is expected."""
    copy = dict(fields)
    for name in _INTEGERS:
        value = copy.get(name)
        if isinstance(value, float) and value.is_integer():
            copy[name] = int(value)
    return copy


def _not_unicode(fields: Mapping[str, object]) -> InvalidEvent:
    """Lone surrogates: Python's own JSON parser and lenient decoders let them in, UTF-8 cannot hold them."""
    known = ReviewEvent.__struct_fields__
    name = next((name for name in known if _SURROGATE.search("".join(_texts(fields.get(name))))), "")
    return InvalidEvent(name, "not valid Unicode: a lone surrogate, or bytes that are not UTF-8")


def _texts(value: object) -> list[str]:
    parts = value if isinstance(value, list | tuple) else [value]
    return [part for part in parts if isinstance(part, str)]


def _named(message: str) -> InvalidEvent:
    path = _PATH.search(message)
    missing = _MISSING.search(message)
    if missing:
        return InvalidEvent(missing[1], "required, but missing")
    if not path:
        return InvalidEvent("", message.replace("`", ""))
    field = path[1]
    if "RFC3339" in message:
        return InvalidEvent(field, _EXPECTED[field])
    return InvalidEvent(field, message[: path.start()].replace("`", ""))


def _not_json(error: Exception) -> InvalidEvent:
    said = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
    return InvalidEvent("", f"not valid JSON in UTF-8: {said}")
