"""Real reviews through real servers: what the API shows is what pandas counts."""

import uuid
from pathlib import Path

import pandas as pd

from tests.system.programs import Deployment, eventually

DRAIN_SECONDS = 180.0


def usable(file: Path) -> pd.DataFrame:
    """The rows that have a date, text and id, counted without any of our own code."""
    rows = pd.read_csv(file, low_memory=False)
    dates = pd.to_datetime(rows["reviews.date"], format="ISO8601", errors="coerce", utc=True)
    return rows.assign(date=dates)[dates.notna() & rows["reviews.text"].str.strip().astype(bool)]


def test_the_api_counts_what_pandas_counts(shared_data: Path, kafka: str, redis_url: str, tmp_path: Path) -> None:
    file = shared_data / "product_reviews_datafiniti_layout.csv.gz"
    rows = usable(file)
    system = Deployment(tmp_path, kafka, redis_url, f"aura.reviews.{uuid.uuid4().hex[:8]}")
    key, stranger = system.key("shop", "read"), system.key("bank", "read")
    with system.running("worker") as worker, system.api():

        def started() -> bool:
            assert worker.process.poll() is None, worker.said()
            return "assigned" in worker.log.read_text()

        eventually(started, 120, "the worker has its partitions")
        system.run("publish", str(file), "--tenant", "shop", "--format", "datafiniti", "--rejects", str(tmp_path / "r"))
        assert len((tmp_path / "r").read_text().splitlines()) == len(pd.read_csv(file, low_memory=False)) - len(rows)

        def counted() -> bool:
            assert worker.process.poll() is None, worker.said()
            return bool(system.get("/v1/tenants/shop/summary", key)["totals"]["reviews"] >= len(rows))

        eventually(counted, DRAIN_SECONDS, f"{len(rows)} reviews are counted")
        assert system.get("/v1/tenants/shop/summary", key)["totals"]["reviews"] == len(rows)
        assert system.get("/v1/tenants/bank/summary", stranger)["totals"]["reviews"] == 0
        expected = rows.groupby("id").size()
        for product, count in expected.items():
            shown = system.get(f"/v1/tenants/shop/products/{product}", key)
            totals = shown["totals"]
            assert totals["reviews"] == count, product
            assert totals["good"] + totals["bad"] == count, product
            days = system.get(
                f"/v1/tenants/shop/products/{product}/timeline",
                key, step="1d", **{"from": "2005-01-01T00:00:00Z", "to": "2019-01-01T00:00:00Z", "fill": "false"},
            )  # fmt: skip
            assert sum(bucket["reviews"] for bucket in days["buckets"]) == count, product
            mine = rows[rows["id"] == product]
            dates = mine["date"].dt.floor("D").astype("int64")
            assert len(days["buckets"]) == dates.nunique(), product
            assert (
                totals["rating_mean"] == round(float(mine["reviews.rating"].mean()), 6)
                or abs(totals["rating_mean"] - float(mine["reviews.rating"].mean())) < 1e-6
            ), product
        assert worker.stop() < 10
