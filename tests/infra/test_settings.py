"""Settings: where they come from, and the sentence for each that is wrong."""

import os
from pathlib import Path

import pytest

from infra.settings import Settings, SettingsError, entries, load_settings


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder, and no AURA_ variable of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("AURA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_everything_has_a_default_and_the_default_is_safe() -> None:
    settings = load_settings()
    assert (settings.api_host, settings.worker_metrics_host) == ("127.0.0.1", "127.0.0.1")
    assert {entry.source for entry in entries(settings)} == {"default"}
    assert settings.dead_letter_topic == "aura.reviews.dead-letters"


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    monkeypatch: pytest.MonkeyPatch, clean: Path
) -> None:
    (clean / "aura.toml").write_text('partitions = 8\nbatch_size = 512\ntopic = "shop.reviews"\n')
    monkeypatch.setenv("AURA_PARTITIONS", "16")
    settings = load_settings()
    assert (settings.partitions, settings.batch_size, settings.replication) == (16, 512, 1)
    sources = {entry.name: (entry.value, entry.source) for entry in entries(settings)}
    assert sources["AURA_PARTITIONS"] == (16, "environment")
    assert sources["AURA_BATCH_SIZE"] == (512, "file")
    assert sources["AURA_REPLICATION"] == (1, "default")
    assert settings.dead_letter_topic == "shop.reviews.dead-letters"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_PARTITIONS", "")
    assert load_settings().partitions == 4


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AURA_PARTITIONS", "x", "AURA_PARTITIONS: expected a whole number from 1 to 1000, got 'x'"),
        ("AURA_PARTITIONS", "0", "AURA_PARTITIONS: expected a whole number from 1 to 1000, got '0'"),
        ("AURA_REPLICATION", "1.5", "AURA_REPLICATION: expected a whole number from 1 to 9, got '1.5'"),
        ("AURA_RETENTION_HOURS", "-1", "AURA_RETENTION_HOURS: expected a whole number from 0 to 1000000, got '-1'"),
        ("AURA_STORE_SHARDS", "2000", "AURA_STORE_SHARDS: expected a whole number from 1 to 1024, got '2000'"),
        ("AURA_API_PORT", "70000", "AURA_API_PORT: expected a whole number from 1 to 65535, got '70000'"),
        ("AURA_BATCH_SIZE", "many", "AURA_BATCH_SIZE: expected a whole number from 1 to 16384, got 'many'"),
        ("AURA_BATCH_AGE_MS", "0", "AURA_BATCH_AGE_MS: expected a whole number from 1 to 10000, got '0'"),
        ("AURA_API_HOST", "http://x", "AURA_API_HOST: expected a host name or an IP address, got 'http://x'"),
        ("AURA_ALLOW_REMOTE", "perhaps", "AURA_ALLOW_REMOTE: expected true or false, got 'perhaps'"),
        ("AURA_LOG_LEVEL", "loud", "AURA_LOG_LEVEL: expected debug, info, warning or error, got 'loud'"),
        ("AURA_LOG_FORMAT", "xml", "AURA_LOG_FORMAT: expected console or json, got 'xml'"),
        (
            "AURA_KAFKA_BOOTSTRAP_SERVERS",
            "broker",
            "AURA_KAFKA_BOOTSTRAP_SERVERS: expected host:port, or several with commas between, got 'broker'",
        ),
        (
            "AURA_KAFKA_BOOTSTRAP_SERVERS",
            "a:1,b:99999",
            "AURA_KAFKA_BOOTSTRAP_SERVERS: expected host:port, or several with commas between, got 'a:1,b:99999'",
        ),
        (
            "AURA_TOPIC",
            "a b",
            "AURA_TOPIC: expected 1 to 200 letters, digits, dots, dashes and underscores, got 'a b'",
        ),
        ("AURA_PARTITION", "4", "AURA_PARTITION: no such setting; did you mean AURA_PARTITIONS?"),
        ("AURA_ZZZ", "4", "AURA_ZZZ: no such setting; `aura config` lists them all"),
        (
            "AURA_API_HOST",
            "0.0.0.0",
            "AURA_API_HOST: 0.0.0.0 lets other machines in, over HTTP without encryption; keep 127.0.0.1, "
            "or put a TLS proxy in front and set AURA_ALLOW_REMOTE=true",
        ),
        (
            "AURA_WORKER_METRICS_HOST",
            "::",
            "AURA_WORKER_METRICS_HOST: :: lets other machines in, over HTTP without encryption; keep 127.0.0.1, "
            "or put a TLS proxy in front and set AURA_ALLOW_REMOTE=true",
        ),
        (
            "AURA_API_PORT",
            "9101",
            "AURA_WORKER_METRICS_PORT: expected another port than AURA_API_PORT, got 9101 for both",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected_and_what_came(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    assert problems() == [sentence]


def test_a_wrong_redis_address_is_refused_without_showing_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_REDIS_URL", "http://user:opensesame@host")
    (problem,) = problems()
    assert problem == "AURA_REDIS_URL: expected redis://, rediss:// or unix:// and an address, got '********'"


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_PARTITIONS", "x")
    monkeypatch.setenv("AURA_BATCH_SIZE", "x")
    monkeypatch.setenv("AURA_TOPICS", "x")
    assert [problem.partition(":")[0] for problem in problems()] == [
        "AURA_TOPICS",
        "AURA_PARTITIONS",
        "AURA_BATCH_SIZE",
    ]


def test_a_wrong_file_is_named(clean: Path) -> None:
    file = clean / "aura.toml"
    file.write_text('partitions = "many"\n')
    assert problems() == ["partitions in aura.toml: expected a whole number from 1 to 1000, got 'many'"]
    file.write_text("partition = 4\n")
    assert problems() == ["partition in aura.toml: no such setting; did you mean partitions?"]
    file.write_text("partitions = \n")
    (problem,) = problems()
    assert problem.startswith("aura.toml: expected a readable file of TOML in UTF-8, but Invalid value (at line 1")
    file.write_bytes(b'topic = "\xff"\n')
    (problem,) = problems()
    assert problem.startswith("aura.toml: expected a readable file of TOML in UTF-8, but 'utf-8' codec can't decode")


def test_other_machines_are_let_in_when_the_operator_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURA_API_HOST", "0.0.0.0")
    monkeypatch.setenv("AURA_ALLOW_REMOTE", "true")
    assert load_settings().api_host == "0.0.0.0"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "::1"])
def test_every_loopback_address_is_safe(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("AURA_API_HOST", host)
    assert load_settings().api_host == host


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:opensesame@db:6379/1", "redis://:********@db:6379/1"),
        ("rediss://user:open@sesame@db", "rediss://user:********@db"),
        ("unix:///run/redis.sock?db=1&password=opensesame", "unix:///run/redis.sock?db=1&password=********"),
        ("redis://db:6379/0", "redis://db:6379/0"),
    ],
)
def test_the_password_of_redis_is_never_shown(monkeypatch: pytest.MonkeyPatch, url: str, shown: str) -> None:
    monkeypatch.setenv("AURA_REDIS_URL", url)
    settings = load_settings()
    assert settings.redis_url == url
    assert [entry.value for entry in entries(settings) if entry.name == "AURA_REDIS_URL"] == [shown]
    assert "sesame" not in repr(settings) + str(settings)


def test_a_child_process_reads_back_the_same_settings(monkeypatch: pytest.MonkeyPatch, clean: Path) -> None:
    monkeypatch.setenv("AURA_ALLOW_REMOTE", "true")
    monkeypatch.setenv("AURA_DATA_DIR", "~/somewhere")
    monkeypatch.setenv("AURA_REDIS_URL", "redis://:opensesame@db:6379/1")
    settings = load_settings()
    assert settings.data_dir == Path.home() / "somewhere"
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings
    assert set(settings.environment()) == {f"AURA_{name.upper()}" for name in Settings.model_fields}
