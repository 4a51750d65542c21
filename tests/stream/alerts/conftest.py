"""A store that is filled, a tenants file with rules, and a receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import now_ms
from stream.event import ReviewEvent
from stream.fold import Scored
from stream.measures import P_SCALE
from stream.tenants import Tenants, load
from tests.stream.alerts.receiver import Receiver, receiving

SECRET = "0123456789abcdef-secret"
NOON = 1_716_206_400_000  # 2024-05-20T12:00:00Z: long ago, so that a tenant with such reviews replays history


def review(number: int, at_ms: int, *, good: bool, product: str = "LAMP-7", logged_ms: int | None = None) -> Scored:
    """A review that is surely good or surely bad; without another time, the log took it just now."""
    event = ReviewEvent(f"e{at_ms}-{number}", "shop", product, "Text.", at_ms, product_name=f"The {product}")
    return Scored(event, P_SCALE if good else 0, now_ms() if logged_ms is None else logged_ms)


def reviews(count: int, at_ms: int, *, good: int, product: str = "LAMP-7") -> list[Scored]:
    """As many reviews of one minute, the first ``good`` of them good."""
    return [review(number, at_ms, good=number < good, product=product) for number in range(count)]


class Shop:
    """A tenants file whose rules are changed as people do."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "tenants.toml"
        (folder / "ops.secret").write_text(SECRET + "\n")
        self.write()

    def write(self, *tables: str, url: str = "http://127.0.0.1:1/") -> None:
        """One tenant, these rules, and a webhook ``ops``."""
        webhook = f'[[tenants.webhooks]]\nname = "ops"\nurl = "{url}"\nsecret_file = "ops.secret"\n'
        rules = "\n".join(f'[[tenants.alerts]]\nwebhooks = ["ops"]\n{table}\n' for table in tables)
        self.path.write_text(f'[[tenants]]\nid = "shop"\nname = "Shop"\n\n{rules}\n{webhook}')

    def tenants(self) -> Tenants:
        """As the file says now."""
        return load(self.path)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver
