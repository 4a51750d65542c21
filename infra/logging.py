"""Logs: one event a line on standard error, for people (console) or for machines (json), whoever logs it."""

import logging
import sys
from typing import Final, Literal, TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import Processor

from infra.repeats import Repeats

NOISY: Final = (
    "aiokafka",
    "asyncio",
    "faust",
    "h5py",
    "httpx",
    "httpcore",
    "kafka",
    "mode",
    "stream.bulk",
    "stream.faust_app",
    "stream.transport",
    "tensorflow",
    "uvicorn.access",
)
"""Libraries that tell their inner life at level info; from them only warnings are news. Faust speaks through the names
of the modules that build on its classes, too."""

_TRACEBACKS: Final = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
"""Without local variables: they hold keys and review texts, and printing them stalled a server for 20 s."""


class Stderr(logging.StreamHandler[TextIO]):
    """Writes to what ``sys.stderr`` is at that moment.

    A handler that keeps the stream of its start complains of a closed file with every line, once whoever ran a command
    within a larger process has put the real one back.
    """

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        """Standard error."""
        return sys.stderr

    @stream.setter
    def stream(self, _: TextIO) -> None:
        """It is not this handler's to choose."""


def configure_logging(level: Literal["debug", "info", "warning", "error"], style: Literal["console", "json"]) -> None:
    """Send structlog's events and those of the standard library through one formatter.

    ``level`` is Aura's own; the libraries of :data:`NOISY` say less and repeat it less, except at ``debug``.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderers: list[Processor]
    if style == "json":
        renderers = [_TRACEBACKS, structlog.processors.JSONRenderer(sort_keys=True)]
    else:
        colors = sys.stderr.isatty()
        renderers = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)]
    handler = Stderr()
    if level != "debug":
        handler.addFilter(Repeats(NOISY))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(number)
    for name in NOISY:
        logging.getLogger(name).setLevel(number if level == "debug" else max(number, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
