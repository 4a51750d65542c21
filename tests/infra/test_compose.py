"""docker-compose.yml and what it mounts: held against the code they start."""

import re
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml
from typer.testing import CliRunner

from api.access.keys import create
from infra import cli
from infra.grafana.operations import operations
from infra.grafana.queries import INFINITY
from infra.settings import Settings, load_settings
from stream.alerts import metrics as alerts_metrics
from stream.tenants_write import add_key
from tests.infra.grafana.fake_grafana import PASSWORD, running

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
TOOLS = ("tenants", "keys")
OURS = ("worker", "api", "alerts", *TOOLS, "dashboards")


def filled_in(value: str) -> str:
    """A value as compose hands it over, ``${NAME...}`` replaced."""
    return re.sub(r"\$\{[^}]+\}", "filled", value)


def test_every_part_is_there_and_every_image_has_a_version() -> None:
    assert set(SERVICES) == {"kafka", "redis", "worker", "api", "alerts", *TOOLS, "prometheus", "grafana", "dashboards"}
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+[a-z-]*", service["image"]), name


def test_ports_are_open_on_loopback_alone() -> None:
    ports = [str(port) for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_must_be_running_has_a_health_check_and_comes_back() -> None:
    for name in set(SERVICES).difference(TOOLS, ["dashboards"]):
        assert SERVICES[name]["healthcheck"]["test"], name
        assert SERVICES[name]["restart"] == "unless-stopped", name
    for name in ("worker", "api"):
        assert {part: how["condition"] for part, how in SERVICES[name]["depends_on"].items()} == {
            "kafka": "service_healthy",
            "redis": "service_healthy",
        }


def test_tools_alone_change_the_tenants_file_and_run_when_they_are_called() -> None:
    started = set(re.findall(r"docker compose run --rm (\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert started == {*TOOLS, "dashboards"}
    for name, service in SERVICES.items():
        mounts = [volume for volume in service.get("volumes", []) if volume.startswith("./config:")]
        if name not in TOOLS:
            assert all(volume.endswith(":ro") for volume in mounts), name
            assert "profiles" not in service, name
            continue
        assert (service["profiles"], service["restart"]) == (["tools"], "no")
        folder = str(Path(service["environment"]["AURA_TENANTS_FILE"]).parent)
        assert mounts == [f"./config:{folder}"], name
        helped = CliRunner().invoke(cli.app, [*service["entrypoint"][1:], "--help"])
        assert (service["entrypoint"], helped.exit_code) == (["aura", name], 0)
        assert "network_mode" not in service
        assert "depends_on" not in service  # tenants and keys can be there before all else is


def test_workers_can_be_many() -> None:
    assert not {"container_name", "ports", "hostname"} & set(SERVICES["worker"])
    (job,) = [job for job in prometheus()["scrape_configs"] if job["job_name"] == "aura-worker"]
    assert job["dns_sd_configs"][0]["names"] == ["worker"]


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or name.endswith("_KEY"):
                assert value.startswith("${"), name
    assert re.search(r"redis://:\$\{REDIS_PASSWORD:\?", COMPOSE["x-settings"]["AURA_REDIS_URL"])


@pytest.mark.parametrize("name", OURS)
def test_every_setting_exists_and_is_valid(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    environment = SERVICES[name]["environment"]
    known = {f"AURA_{field.upper()}" for field in Settings.model_fields}
    assert {variable for variable in environment if variable.startswith("AURA_")} <= known
    for variable, value in environment.items():
        monkeypatch.setenv(variable, filled_in(value))
    settings = load_settings()
    assert settings.kafka_bootstrap_servers == "kafka:19092"
    assert settings.redis_url == "redis://:filled@redis:6379/0"


def test_health_checks_ask_where_the_service_listens() -> None:
    fields = Settings.model_fields
    assert f":{fields['api_port'].default}/healthz" in SERVICES["api"]["healthcheck"]["test"][-1]
    assert f":{fields['worker_metrics_port'].default}/healthz" in SERVICES["worker"]["healthcheck"]["test"][-1]
    assert SERVICES["api"]["ports"] == [f"127.0.0.1:{fields['api_port'].default}:{fields['api_port'].default}"]
    (worker, api, alerts) = prometheus()["scrape_configs"]
    assert worker["dns_sd_configs"][0]["port"] == fields["worker_metrics_port"].default
    assert api["static_configs"][0]["targets"] == [f"api:{fields['api_port'].default}"]
    assert alerts["static_configs"][0]["targets"] == [f"alerts:{fields['alerts_metrics_port'].default}"]
    assert f":{fields['alerts_metrics_port'].default}/healthz" in SERVICES["alerts"]["healthcheck"]["test"][-1]


def test_data_is_kept_in_volumes() -> None:
    mounts = {name: [str(volume) for volume in service.get("volumes", [])] for name, service in SERVICES.items()}
    assert "kafka-data:/var/lib/kafka/data" in mounts["kafka"]
    assert SERVICES["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"
    assert "redis-data:/data" in mounts["redis"]
    assert "--appendonly yes --appendfsync everysec" in SERVICES["redis"]["command"][-1]
    named = {volume.split(":")[0] for volumes in mounts.values() for volume in volumes if not volume.startswith(".")}
    assert named == set(COMPOSE["volumes"])


def test_what_is_mounted_and_copied_exists() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./infra"):
                assert (ROOT / source).is_dir(), source
    dockerfile = (ROOT / COMPOSE["x-aura"]["build"]["dockerfile"]).read_text()
    copied = [words[1:-1] for words in map(str.split, dockerfile.splitlines()) if words[:1] == ["COPY"]]
    allowed = (ROOT / ".dockerignore").read_text().splitlines()
    for source in (source for sources in copied for source in sources if not source.startswith("--from")):
        if not source.startswith("/"):
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in allowed, source
    assert "\nUSER aura\n" in dockerfile
    assert "--require-hashes" in dockerfile


def prometheus() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "infra/prometheus/prometheus.yml").read_text())
    return config


def test_dashboards_come_into_grafana_once_it_and_the_api_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service, grafana = SERVICES["dashboards"], SERVICES["grafana"]
    assert {part: how["condition"] for part, how in service["depends_on"].items()} == {
        "grafana": "service_healthy",
        "api": "service_healthy",
    }
    assert f"{INFINITY}@" in grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    (password,) = service["secrets"]
    secret = COMPOSE["secrets"][password]["environment"]
    assert secret in grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD"]
    with running() as there:
        (tmp_path / password).write_text(PASSWORD)
        (tmp_path / "tenants.toml").write_text('[[tenants]]\nid = "shop"\nname = "Shop"\n')
        key, stored = create("read")
        add_key(tmp_path / "tenants.toml", "shop", stored)
        (tmp_path / "grafana.toml").write_text(f'[shop]\nkey = "{key}"\n')
        monkeypatch.chdir(tmp_path)
        inside = {"http://grafana:3000": there.url, "/run/secrets": str(tmp_path), "/etc/aura": str(tmp_path)}
        arguments = []
        for argument in service["command"]:
            said = re.sub(r"\$\{\w+:-\}", "", argument)
            for name, here in inside.items():
                said = said.replace(name, here)
            arguments.append(said)
        ended = CliRunner().invoke(cli.app, arguments)
        assert ended.exit_code == 0, ended.output
        urls = {source["url"] for source in there.sources.values()}
    # Where Grafana finds the others in their common network.
    ports = {"api": Settings.model_fields["api_port"].default, "prometheus": 9090}
    assert urls == {f"http://{part}:{port}" for part, port in ports.items() if part in SERVICES}


def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    from api.metrics import ApiMetrics
    from stream import metrics as _worker  # registers the worker's metrics

    registries = (prometheus_client.REGISTRY, ApiMetrics().registry, alerts_metrics.REGISTRY)
    there = {name for registry in registries for name in registry._names_to_collectors}
    asked = set()
    for panel in operations()["panels"]:
        for target in panel.get("targets", []):
            asked |= set(re.findall(r"\baura_[a-z_]+", target["expr"]))
    assert asked <= there
    assert len(asked) >= 10
    assert _worker.REVIEWS
