"""A receiver knows who sent it, and when."""

import hashlib
import hmac
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stream.alerts.signature import TOLERANCE_SECONDS, sign, verify

SECRET = b"0123456789abcdef-secret"
BODY = '{"why":"für 3 Tage"}'.encode()
NOW = 1_716_212_345


def test_the_signature_is_what_is_promised() -> None:
    digest = hmac.new(SECRET, str(NOW).encode() + b"." + BODY, hashlib.sha256).hexdigest()
    assert sign([SECRET], NOW, BODY) == f"t={NOW},v1={digest}"
    assert verify(SECRET, f"t={NOW},v1={digest}", BODY, NOW)


def test_both_secrets_sign_while_one_takes_over_from_the_other() -> None:
    header = sign([SECRET, b"another-secret-of-ours"], NOW, BODY)
    assert all(verify(secret, header, BODY, NOW) for secret in (SECRET, b"another-secret-of-ours"))
    assert not verify(b"a-third-secret-of-ours", header, BODY, NOW)


@pytest.mark.parametrize("late", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1])
def test_what_was_sent_long_ago_is_refused_though_it_is_signed(late: int) -> None:
    header = sign([SECRET], NOW, BODY)
    assert verify(SECRET, header, BODY, NOW + TOLERANCE_SECONDS)
    assert not verify(SECRET, header, BODY, NOW + late)
    assert not verify(SECRET, header.replace(f"t={NOW}", f"t={NOW + late}"), BODY, NOW + late)


NO_SIGNATURES = ["", "v1=ab", "t=,v1=ab", "t=1,t=2,v1=ab", f"t={NOW}", "t=x,v1=\u00e4", f"t={NOW},v1="]


@pytest.mark.parametrize("header", NO_SIGNATURES)
def test_what_is_no_signature_is_refused(header: str) -> None:
    assert not verify(SECRET, header, BODY, NOW)


def test_another_body_is_refused() -> None:
    assert not verify(SECRET, sign([SECRET], NOW, BODY), BODY + b" ", NOW)


def readmes_check() -> Callable[[bytes, str, bytes], bool]:
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text()
    (block,) = re.findall(r"^```python\n(import hashlib\n.*?)^```$", readme, re.M | re.S)
    scope: dict[str, Any] = {}
    exec(block, scope)
    found: Callable[[bytes, str, bytes], bool] = scope["is_ours"]
    return found


def test_the_readmes_check_says_what_ours_says() -> None:
    is_ours, now = readmes_check(), int(time.time())
    header = sign([b"another-secret-of-ours", SECRET], now, BODY)
    assert is_ours(SECRET, header, BODY)
    assert not is_ours(SECRET, header, BODY + b" ")
    assert not is_ours(b"a-third-secret-of-ours", header, BODY)
    assert not is_ours(SECRET, sign([SECRET], now - 400, BODY), BODY)


@pytest.mark.parametrize("header", NO_SIGNATURES)
def test_the_readmes_check_refuses_what_is_no_signature_too(header: str) -> None:
    assert readmes_check()(SECRET, header, BODY) is False
