"""``aura api``: serve the HTTP API and the live page."""

import structlog

from infra.errors import CommandError
from infra.logging import configure_logging
from infra.settings import Settings, load_settings


def api() -> None:
    """Serve the HTTP API and the live page until SIGTERM or Ctrl-C.

    Starts whether or not Kafka and Redis answer yet; /readyz says what is missing.
    """
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    from api.app import create_app
    from api.server import Server, listen
    from stream.garbage import set_aside
    from stream.tenants import TenantsFileError

    try:
        app = create_app(api_config(settings))
    except TenantsFileError as error:
        raise CommandError(str(error)) from error
    try:
        listening = listen(settings.api_host, settings.api_port)
    except OSError as error:
        raise CommandError(
            f"the API cannot listen on {settings.api_host}:{settings.api_port}: {error.strerror}; "
            "AURA_API_HOST and AURA_API_PORT choose another address"
        ) from error
    structlog.get_logger("api").info("API listens", url=f"http://{settings.api_host}:{settings.api_port}/")
    # A search through all that stays alive takes tens of milliseconds, for which every request under way would wait.
    Server(app, started=set_aside).run(sockets=[listening])


def api_config(settings: Settings) -> "ApiConfig":  # type: ignore[name-defined]  # noqa: F821
    """What the settings mean to the API."""
    from api.config import ApiConfig

    return ApiConfig(
        tenants_file=settings.tenants_file,
        redis_url=settings.redis_url,
        kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
        topic=settings.topic,
    )
