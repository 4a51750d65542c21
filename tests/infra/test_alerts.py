"""The alert rules: held against the metrics there are, against how Prometheus is started, and run by promtool."""

import re
import subprocess
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from infra.settings import Settings
from stream import metrics
from stream.alerts import metrics as evaluator
from stream.retry import REMEDIES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "infra/prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]


def test_prometheus_reads_them() -> None:
    assert yaml.safe_load((FOLDER / "prometheus.yml").read_text())["rule_files"] == ["alerts.yml"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert "./infra/prometheus:/etc/prometheus:ro" in compose["services"]["prometheus"]["volumes"]


def test_each_has_a_name_of_its_own() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names) >= 7


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_says_how_bad_it_is_what_happened_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert set(rule["annotations"]) == {"summary", "do"}
    for text in rule["annotations"].values():
        assert re.match(r"[A-Z`{].*\.$", text), text
    settings = {f"AURA_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"AURA_[A-Z_]+", rule["annotations"]["do"])) <= settings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_asks_for_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    asked = re.findall(r"\baura_[a-z_]+", rule["expr"])
    there = prometheus_client.REGISTRY._names_to_collectors | evaluator.REGISTRY._names_to_collectors
    assert set(asked) <= set(there)
    jobs = {job["job_name"] for job in yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]}
    assert asked or set(re.findall(r'\bup\{job="([^"]*)"', rule["expr"])) & jobs
    labels = {label for name in asked for label in there[name]._labelnames} | {"instance"}  # type: ignore[attr-defined]
    used = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    for grouped in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        assert used <= set(grouped.split(", "))
        used |= set(grouped.split(", "))
    assert used <= labels


def test_counters_that_alerts_watch_the_rise_of_are_there_from_the_beginning() -> None:
    # A series that appears with its first increase has not risen, for all that Prometheus knows.
    metrics.begin()
    text = prometheus_client.generate_latest().decode()
    assert 'aura_refused_runs_total{outcome="behind"} ' in text
    for field in ("", "tenant", "text", "occurred_at"):
        assert f'aura_dead_letters_total{{field="{field}"}} ' in text


def test_they_fire_when_they_should_and_only_then() -> None:
    # Of Debian's package prometheus, which infra/install.sh test-tools installs.
    cases = Path(__file__).with_name("alerts_test.yml")
    ended = subprocess.run(
        ["promtool", "test", "rules", str(cases)], capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_has_cases_in_which_it_fires_and_in_which_it_does_not(rule: dict[str, Any]) -> None:
    cases = yaml.safe_load(Path(__file__).with_name("alerts_test.yml").read_text())["tests"]
    asked = [test for case in cases for test in case["promql_expr_test"] if _asks(test["expr"], rule["alert"])]
    assert {bool(test["exp_samples"]) for test in asked} == {False, True}


def _asks(expr: str, alert: str) -> bool:
    names = re.search(r'alertname=~?"([^"]*)"', expr)
    return names is None or re.fullmatch(names[1], alert) is not None


def test_what_holds_workers_up_is_explained_whatever_it_is() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "AuraHeldUp"]
    assert [cause for cause in REMEDIES if cause not in rule["annotations"]["do"]] == []
