"""All that Aura wants in a Grafana."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from infra.grafana.names import uid
from infra.grafana.operations import operations
from infra.grafana.rules import contact_point, firing_rule, tenant_rules
from infra.grafana.sources import api_source, prometheus_source
from infra.grafana.tenant import tenant_dashboard
from infra.grafana.things import Body, Place, Thing
from stream.tenants import Tenant


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where things are."""

    api: str
    """As Grafana reaches it."""
    prometheus: str
    """As Grafana reaches it."""
    page: str
    """As browsers reach the live page."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant, the key that opens it, and whom to tell."""

    tenant: Tenant
    key_id: str
    key: str = field(repr=False)
    contact: str | None = None


def of_operations(addresses: Addresses, contact: str | None, customers: Sequence[Customer]) -> list[Thing]:
    """What those see who run Aura; of the customers, how their scores drift."""
    board = operations([customer.tenant.id for customer in customers])
    found = [_folder("Aura operations"), prometheus_source(addresses.prometheus), _dashboard(board)]
    if contact is not None:
        found.append(contact_point(contact, None))
    return [*found, firing_rule(contact)]


def of_customer(customer: Customer, addresses: Addresses) -> list[Thing]:
    """What a tenant sees, in a folder of its own: who may see that, sees that tenant."""
    tenant = customer.tenant
    found = [
        _folder(f"Aura: {tenant.name}", tenant.id),
        api_source(tenant, addresses.api, customer.key_id, customer.key),
        _dashboard(tenant_dashboard(tenant, addresses.page), tenant.id),
    ]
    if customer.contact is not None:
        found.append(contact_point(customer.contact, tenant))
    return [*found, *tenant_rules(tenant, customer.contact)]


def places_of(tenant_id: str) -> set[Place]:
    """Everything that Aura may have made for a tenant."""
    return {
        Place("folder", uid("folder", tenant_id)),
        Place("data source", uid("api", tenant_id)),
        Place("dashboard", uid("dashboard", tenant_id)),
        Place("contact point", uid("contact", tenant_id)),
        *(Place("alert rule", uid(what, tenant_id)) for what in ("bad", "turned", "silent")),
    }


def _folder(title: str, tenant_id: str | None = None) -> Thing:
    found = uid("folder", tenant_id)
    return Thing(Place("folder", found), title, {"uid": found, "title": title})


def _dashboard(board: Body, tenant_id: str | None = None) -> Thing:
    body = {"dashboard": board, "folderUid": uid("folder", tenant_id)}
    return Thing(Place("dashboard", board["uid"]), board["title"], body)
