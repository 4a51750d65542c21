"""What the API is told from outside; nothing in this package reads the environment."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Where the API's parts are, and its limits."""

    tenants_file: Path
    redis_url: str
    kafka_bootstrap_servers: str
    topic: str
    store_timeout_seconds: float = 2.0
    """Redis answers in milliseconds. A caller is better told to come back than kept waiting."""
    publish_timeout_seconds: float = 10.0
    """1,000 events take milliseconds; an election of a new partition leader up to some seconds."""
    body_timeout_seconds: float = 30.0
    """5 MiB in 30 s is 1.4 Mbit/s. Without a limit a client that sends a byte a minute holds a connection for ever."""
    max_body_bytes: int = 5 * 1024 * 1024
    """1,000 reviews of the longest allowed text fill 20 MB; of usual ones (500 bytes) a tenth of this."""
