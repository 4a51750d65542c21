"""Every PromQL query of the operations dashboard and of its alert rule, asked of a real Prometheus, returns rows.

It scrapes a real worker, API and evaluator of alert rules, and judges the rules of ``infra/prometheus/alerts.yml``.
"""

import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import yaml
from confluent_kafka import Producer

from infra.grafana.operations import operations
from infra.grafana.rules import firing_rule
from stream.topics import ensure_topics
from tests.services import free_port
from tests.system.programs import READY_SECONDS, Deployment, eventually

ROOT = Path(__file__).resolve().parents[2]
SECONDS_BACK = 120


@contextmanager
def prometheus(folder: Path, targets: dict[str, str]) -> Iterator[str]:
    """A Prometheus as docker-compose.yml runs it, but for where the others are; yields its URL."""
    program = shutil.which("prometheus")
    assert program, "Debian's package prometheus is missing: infra/install.sh test-tools"
    config = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(ROOT / "infra/prometheus" / name) for name in config["rule_files"]]
    assert {job["job_name"] for job in config["scrape_configs"]} == set(targets)
    config["scrape_configs"] = [
        {"job_name": name, "static_configs": [{"targets": [target]}]} for name, target in targets.items()
    ]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
             f"--web.listen-address={address}"],
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(60)


def series(url: str, expr: str, *, instant: bool) -> list[dict[str, Any]]:
    """What Grafana's Prometheus data source gets; nothing while Prometheus does not answer yet."""
    now = time.time()
    asked = {"query": expr} | ({} if instant else {"start": now - SECONDS_BACK, "end": now, "step": 5})
    try:
        answer = httpx.get(f"{url}/api/v1/query{'' if instant else '_range'}", params=asked, timeout=30)
    except httpx.TransportError:
        return []
    if answer.status_code == 503:  # it starts
        return []
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found


def publish(system: Deployment) -> None:
    """Reviews of both tenants, and a record that is none."""
    file = system.folder / "events.jsonl"
    at = datetime.now(UTC).isoformat()
    for tenant in ("shop", "bank"):
        events = [
            {
                "event_id": f"{tenant}-{i}",
                "tenant": tenant,
                "product_id": "LAMP-7",
                "text": "It works.",
                "occurred_at": at,
            }
            for i in range(50)
        ]
        file.write_text("".join(json.dumps(event) + "\n" for event in events))
        system.run("publish", str(file), "--tenant", tenant, "--format", "jsonl")
    producer = Producer({"bootstrap.servers": system.kafka})
    producer.produce(system.topic, b"no event")
    assert producer.flush(60) == 0


def test_every_query_of_operations_returns_rows_and_what_fires_is_passed_on(
    kafka: str, redis_url: str, tmp_path: Path
) -> None:
    topic = f"aura.reviews.{uuid.uuid4().hex[:8]}"
    ensure_topics(kafka, partitions=2, replication=1, reviews=topic)
    port, alerts_port = free_port(), free_port()
    ports = {"AURA_WORKER_METRICS_PORT": str(port), "AURA_ALERTS_METRICS_PORT": str(alerts_port)}
    system = Deployment(tmp_path, kafka, redis_url, topic, ports)
    with system.tenants.open("a") as file:  # of the tenant that the file ends with
        file.write('[[tenants.alerts]]\nid = "quiet"\nkind = "silence"\nwindow = "24h"\n')
    key = system.key("shop", "read")
    targets = {
        "aura-worker": f"127.0.0.1:{port}",
        "aura-api": f"127.0.0.1:{system.api_port}",
        "aura-alerts": f"127.0.0.1:{alerts_port}",
    }
    with (
        system.running("worker"),
        system.running("alerts", "run"),
        system.api(),
        prometheus(tmp_path, targets) as url,
    ):
        # Counters that Prometheus has seen before they rise.
        eventually(lambda: series(url, 'up{job="aura-worker"} == 1', instant=True), READY_SECONDS, "both are scraped")
        publish(system)

        def counted() -> bool:
            return bool(system.get("/v1/tenants/shop/summary", key)["totals"]["reviews"] == 50)

        eventually(counted, READY_SECONDS, "the reviews are counted")
        asked = [
            (panel["title"], target)
            for panel in operations()["panels"]
            for target in panel.get("targets", [])
            if target["datasource"]["type"] == "prometheus"
        ]
        rule = firing_rule(None)
        asked.append((rule.title, rule.body["data"][0]["model"]))
        assert len(asked) >= 15
        for title, target in asked:
            system.get("/v1/tenants/shop/summary", key)  # something to measure all along
            ask = partial(series, url, target["expr"], instant=target.get("instant", False))
            found = eventually(ask, READY_SECONDS, f"{title}: {target['expr']} returns rows")
            for label in target.get("legendFormat", "").split("{{")[1:]:
                assert any(label.split("}}")[0] in one["metric"] for one in found), f"{title}: {label}"
        (worker,) = series(url, "aura_worker_info", instant=True)
        assert {"instance", "device", "models"} <= set(worker["metric"])
        fires = {
            one["metric"]["prometheus_alert"]
            for one in series(url, rule.body["data"][0]["model"]["expr"], instant=True)
        }
        assert fires == {"AuraDeadLetters"}
