"""Ports for servers."""

import socket
from pathlib import Path

from infra.ports import SERVERS, free_port, is_free


def test_a_port_is_found_where_no_outgoing_connection_takes_it() -> None:
    first, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert SERVERS.stop <= int(first)
    assert {free_port() for _ in range(50)} <= set(SERVERS)


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert not is_free(server.getsockname()[1])
