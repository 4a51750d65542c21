"""Data sources: Prometheus, and our API as one tenant each.

A tenant's key is a secret of its data source: Grafana sends it to the API and shows it to nobody. What tells that
another key is meant is the key's id, which stands beside it in the open.
"""

from typing import Any

from infra.grafana.names import uid
from infra.grafana.queries import INFINITY
from infra.grafana.things import Place, Thing
from stream.tenants import Tenant


def prometheus_source(url: str) -> Thing:
    """The Prometheus that scrapes workers and API."""
    body: dict[str, Any] = {
        "name": "Aura Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "jsonData": {"httpMethod": "POST", "timeInterval": "5s"},
    }
    return _thing(uid("prometheus"), body, {})


def api_source(tenant: Tenant, url: str, key_id: str, key: str) -> Thing:
    """Our API, asked with a reading key of ``tenant``; ``url`` is where Grafana reaches it."""
    body: dict[str, Any] = {
        # Names must differ: two tenants may be called the same, ids are not.
        "name": f"Aura API: {tenant.id}",
        "type": INFINITY,
        "access": "proxy",
        "url": url,
        "jsonData": {
            "auth_method": "apiKey",
            "apiKeyKey": "X-API-Key",
            "apiKeyType": "header",
            # The key goes nowhere else, whatever somebody writes into a query.
            "allowedHosts": [url],
            "auraKeyId": key_id,
        },
        "secureJsonFields": {"apiKeyValue": True},
    }
    return _thing(uid("api", tenant.id), body, {"apiKeyValue": key})


def _thing(found: str, body: dict[str, Any], secrets: dict[str, str]) -> Thing:
    return Thing(Place("data source", found), body["name"], {"uid": found, **body}, secrets)
