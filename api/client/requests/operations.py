"""For whoever runs Aura. No key is asked."""

from api.client.call import Call
from api.shapes import Status


def alive() -> Call[Status]:
    """Whether the process answers."""
    return Call("GET", "/healthz", Status, retried=False)


def ready() -> Call[Status]:
    """Whether all is there that it needs; asked once.

    Raises:
        Unavailable: ``missing`` says what is not.
    """
    return Call("GET", "/readyz", Status, retried=False)


def metrics() -> Call[str]:
    """The metrics of the API's process, as Prometheus reads them."""
    return Call("GET", "/metrics", str, accept="text/plain")
