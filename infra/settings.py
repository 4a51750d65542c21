"""Every setting of Aura, read once at start: defaults, then ``aura.toml`` in the current folder, then ``AURA_...``.

The same names serve every way of running. ``AURA_PARTITIONS=8`` in the environment is ``partitions = 8`` in the file.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from infra.addresses import MASK, check_bootstrap_servers, check_host, check_redis_url, is_loopback, masked
from infra.errors import CommandError

PREFIX: Final = "AURA_"
SETTINGS_FILE: Final = Path("aura.toml")

Source = Literal["default", "file", "environment"]


class SettingsError(CommandError):
    """One or more settings are wrong.

    Attributes:
        problems: one sentence each, naming the setting, what was expected and what came.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _expanded(value: Path) -> Path:
    return value.expanduser()


def _field(default: object, expects: str, description: str, **constraints: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"expects": expects}, **constraints)


def _whole(default: int, low: int, high: int, description: str) -> Any:
    return _field(default, f"a whole number from {low} to {high}", description, ge=low, le=high)


Host = Annotated[str, AfterValidator(check_host)]
FilePath = Annotated[Path, AfterValidator(_expanded)]
_HOST: Final = "a host name or an IP address"
_NAME: Final = "1 to 200 letters, digits, dots, dashes and underscores"
_NAME_PATTERN: Final = r"^[A-Za-z0-9._-]{1,200}$"


class Settings(BaseSettings):
    """All settings. Build it with :func:`load_settings`, which words the errors."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=True
    )

    kafka_bootstrap_servers: Annotated[str, AfterValidator(check_bootstrap_servers)] = _field(
        "127.0.0.1:9092", "host:port, or several with commas between", "Where Kafka answers."
    )
    topic: str = _field("aura.reviews", _NAME, "Topic of the review events.", pattern=_NAME_PATTERN)
    partitions: int = _whole(4, 1, 1000, "Partitions of the topic when it is created: the most workers that share it.")
    replication: int = _whole(1, 1, 9, "Copies of each partition when the topic is created.")
    retention_hours: int = _whole(
        0, 0, 1_000_000,
        "Hours that the topic keeps a review, 0 for ever; applies when it is created, later kafka-configs.sh --alter. "
        "What it drops, a rebuild of Redis lacks.",
    )  # fmt: skip
    consumer_group: str = _field("aura-worker", _NAME, "Consumer group of the workers.", pattern=_NAME_PATTERN)

    redis_url: Annotated[str, AfterValidator(check_redis_url)] = _field(
        "redis://127.0.0.1:6379/0", "redis://, rediss:// or unix:// and an address", "Where Redis answers.", repr=False
    )
    store_shards: int = _whole(
        1, 1, 1024, "Shards of the store, fixed when it is created; more than 1 allow to spread it later."
    )

    tenants_file: FilePath = _field(Path("tenants.toml"), "a path", "Tenants, their models and hashed API keys.")
    data_dir: FilePath = _field(
        Path("~/.local/share/aura"),
        "a path",
        "Folder of what Aura keeps on this machine, such as the data of its Kafka.",
    )
    datasets_dir: FilePath = _field(Path("data"), "a path", "Folder of the data sets that `aura data list` names.")

    api_host: Host = _field("127.0.0.1", _HOST, "Address that the API listens on.")
    api_port: int = _whole(8000, 1, 65535, "Port of the API.")
    worker_metrics_host: Host = _field("127.0.0.1", _HOST, "Address of the worker's /metrics, /healthz and /readyz.")
    worker_metrics_port: int = _whole(9101, 0, 65535, "Port of the same, 0 for none.")
    alerts_metrics_host: Host = _field(
        "127.0.0.1", _HOST, "Address of the /metrics, /healthz and /readyz of aura alerts run."
    )
    alerts_metrics_port: int = _whole(9103, 0, 65535, "Port of the same, 0 for none.")
    alerts_seconds: int = _whole(5, 1, 3600, "Seconds between two looks at the alert rules.")
    allow_remote: bool = _field(
        False,
        "true or false",
        "Listen on other addresses than loopback. Keys travel in clear: put a TLS proxy in front.",
    )

    batch_size: int = _whole(4096, 1, 16384, "Most reviews that the worker classifies and applies at once.")
    batch_age_ms: int = _whole(50, 1, 10_000, "Milliseconds that a review waits at most for its batch to fill.")
    dead_letter_limit: int = _whole(
        100_000, 0, 1_000_000_000,
        "Dead letters an hour beyond which a worker pauses until the tenants file changes or it is restarted, 0 never.",
    )  # fmt: skip
    inference_threads: int = _whole(0, 0, 256, "Threads of the classifier, 0 for one a core.")

    log_level: Literal["debug", "info", "warning", "error"] = _field(
        "info", "debug, info, warning or error", "Least severe event that is logged."
    )
    log_format: Literal["console", "json"] = _field("console", "console or json", "How a log line looks.")

    @property
    def dead_letter_topic(self) -> str:
        """Topic of the records that no event could be made of."""
        return f"{self.topic}.dead-letters"

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        for name in ("api_host", "worker_metrics_host", "alerts_metrics_host"):
            host = getattr(self, name)
            if not (is_loopback(host) or self.allow_remote):
                raise ValueError(
                    f"{variable(name)}: {host} lets other machines in, over HTTP without encryption; keep 127.0.0.1, "
                    f"or put a TLS proxy in front and set {variable('allow_remote')}=true"
                )
        for name, other in combinations(("api", "worker_metrics", "alerts_metrics"), 2):
            port = getattr(self, f"{name}_port")
            same = (getattr(self, f"{name}_host"), port) == (
                getattr(self, f"{other}_host"),
                getattr(self, f"{other}_port"),
            )
            if port and same:
                raise ValueError(
                    f"{variable(f'{other}_port')}: expected another port than {variable(f'{name}_port')}, "
                    f"got {port} for both"
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=SETTINGS_FILE)

    def environment(self) -> dict[str, str]:
        """These settings as variables, for a child process."""
        return {
            variable(name): str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in self.model_dump().items()
        }


class DefaultSettings(Settings):
    """What is passed, and defaults for all else, whatever the file and the environment say."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Neither the environment nor the file."""
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting as it is in force; ``value`` has its secrets masked."""

    name: str
    value: str | int | bool
    source: Source
    description: str


def load_settings() -> Settings:
    """Read and check all settings.

    Raises:
        SettingsError: naming every setting that is wrong.
    """
    problems = _unknown_variables()
    try:
        settings = Settings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError([f"{SETTINGS_FILE}: expected a readable file of TOML in UTF-8, but {error}"]) from None
    except ValidationError as error:
        raise SettingsError(problems + [_sentence(dict(detail)) for detail in error.errors()]) from None
    if problems:
        raise SettingsError(problems)
    return settings


def entries(settings: Settings) -> list[Entry]:
    """Each setting with its value and where that came from, in the order of :class:`Settings`."""
    in_file = TomlConfigSettingsSource(Settings, toml_file=SETTINGS_FILE)()
    in_environment = EnvSettingsSource(Settings)()
    result = []
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = masked(value) if name == "redis_url" else str(value) if isinstance(value, Path) else value
        source: Source = "environment" if name in in_environment else "file" if name in in_file else "default"
        result.append(Entry(variable(name), shown, source, field.description or ""))
    return result


def variable(name: str) -> str:
    """The environment variable of the setting ``name``."""
    return PREFIX + name.upper()


def _unknown_variables() -> list[str]:
    """A misspelt variable would silently leave its default in force."""
    known = [variable(name) for name in Settings.model_fields]
    unknown = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)
    return [f"{name}: no such setting{_suggestion(name.upper(), known)}" for name in unknown]


def _suggestion(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else "; `aura config` lists them all"


def _sentence(detail: dict[str, Any]) -> str:
    """One pydantic error in our words."""
    if not detail["loc"]:
        return str(detail["ctx"]["error"])
    name = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return f"{name} in {SETTINGS_FILE}: no such setting{_suggestion(name, list(Settings.model_fields))}"
    extra = Settings.model_fields[name].json_schema_extra
    expects = extra["expects"] if isinstance(extra, dict) else detail["msg"]
    place = variable(name) if name in EnvSettingsSource(Settings)() else f"{name} in {SETTINGS_FILE}"
    came = MASK if name == "redis_url" else detail["input"]
    return f"{place}: expected {expects}, got {came!r}"
