"""Addresses as they stand in settings: checking, hiding their secrets, telling loopback from the rest. Pure."""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

MASK: Final = "********"


def check_host(value: str) -> str:
    """``value`` if it can be a host name or an IP address.

    Raises:
        ValueError: otherwise.
    """
    if not value or (any(character in value for character in "/:@ ") and not _is_ip(value)):
        raise ValueError(value)
    return value


def check_bootstrap_servers(value: str) -> str:
    """``value`` if it is ``host:port``, or several with commas between.

    Raises:
        ValueError: otherwise.
    """
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise ValueError(value)
    return value


def check_redis_url(value: str) -> str:
    """``value`` if it is a URL of Redis over TCP, TLS or a Unix socket.

    Raises:
        ValueError: otherwise.
    """
    parts = urlsplit(value)
    address = parts.path if parts.scheme == "unix" else parts.hostname
    if parts.scheme not in ("redis", "rediss", "unix") or not address:
        raise ValueError("not a Redis address")
    _ = parts.port  # raises ValueError when it is none
    return value


def masked(url: str) -> str:
    """``url`` with its password hidden."""
    url = re.sub(r"^(\w+://[^/?#:]*):[^/?#]*@", rf"\1:{MASK}@", url)
    return re.sub(r"([?&]password=)[^&#]*", rf"\1{MASK}", url)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True
