"""One attempt to deliver an event to a webhook."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import httpx
import msgspec

from stream.alerts.deliveries import Delivery
from stream.alerts.signature import HEADER, sign
from stream.alerts.stepping import AlertEvent
from stream.tenant_rules import Webhook

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 15.0
"""Longest attempt: a receiver that sends its answer byte by byte would hold a place for ever."""

TRANSIENT: Final = frozenset({408, 425, 429})
"""Answers, beside those from 500 on, that another attempt may change. After all others it would be refused again."""

NO_WEBHOOK: Final = "no such webhook in the tenants file any more"
UNSIGNABLE: Final = "the secret cannot be used"
"""What became of an attempt that was not made."""

Outcome = Literal["delivered", "retried", "given_up"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an attempt; ``retried`` until attempts run out."""

    outcome: Outcome
    what: str
    """``HTTP 503``, ``ConnectTimeout``."""
    retry_after: float | None = None
    """Seconds that the receiver wants to be left alone."""
    status: int | None = None
    """Of its answer; None where there was none."""


def http_client() -> httpx.AsyncClient:
    """A client for webhooks: it follows no redirects, and takes no proxy or certificate from the environment."""
    return httpx.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_keepalive_connections=0),  # alerts are rare, and a kept connection may be dead
        headers={"User-Agent": "Aura/1 (alerts)"},
    )


def body_of(event: AlertEvent) -> bytes:
    """What is sent: the event as JSON."""
    return msgspec.json.encode(event)


async def post(
    client: httpx.AsyncClient, webhook: Webhook, secrets: Sequence[bytes], delivery: Delivery, clock_ms: int
) -> Answer:
    """Try once. The answer's body is not read: what counts is its status.

    Args:
        client: from :func:`http_client`.
        webhook: where to.
        secrets: that sign.
        delivery: what.
        clock_ms: now.
    """
    body = body_of(delivery.event)
    headers = {
        "Content-Type": "application/json",
        "X-Aura-Event": delivery.event.event,
        "X-Aura-Event-Id": delivery.event.id,
        "X-Aura-Delivery": delivery.id,
        "X-Aura-Attempt": str(delivery.attempts + 1),
        HEADER: sign(secrets, clock_ms // 1000, body),
    }
    try:
        async with (
            asyncio.timeout(WHOLE_SECONDS),
            client.stream("POST", webhook.url, content=body, headers=headers) as answer,
        ):
            return _judged(answer.status_code, answer.headers.get("Retry-After"), clock_ms)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return Answer("retried", type(error).__name__)  # without its text, in which the address may stand


def _judged(status: int, retry_after: str | None, clock_ms: int) -> Answer:
    what = f"HTTP {status}"
    if 200 <= status < 300:
        return Answer("delivered", what, status=status)
    if status >= 500 or status in TRANSIENT:
        return Answer("retried", what, _seconds(retry_after, clock_ms), status)
    return Answer("given_up", what, status=status)


def _seconds(retry_after: str | None, clock_ms: int) -> float | None:
    """What ``Retry-After`` says, in seconds or as a date (RFC 9110, 10.2.3); None where it says nothing."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - clock_ms / 1000)
    except (ValueError, OverflowError):
        return None
