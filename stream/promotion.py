"""Which model scores a tenant's reviews, and how that changes: rules from a tenant to its next models."""

from stream.tenants import Tenant
from stream.tenants_write import Models


class NoPreviousModel(Exception):
    """A tenant that no model was promoted for; there is nothing to go back to.

    Attributes:
        tenant: its id.
    """

    def __init__(self, tenant: str) -> None:
        super().__init__(f"tenant {tenant} has no previous model: none was promoted yet")
        self.tenant = tenant


def promoted(tenant: Tenant, model: str) -> Models:
    """To ``model``; the one before is remembered, and a shadow that it was has come to its end.

    Promoting what is in force changes nothing, so that whoever is not sure may do it again, and still go back.
    """
    previous = tenant.previous_model if tenant.model == model else tenant.model
    return Models(model, previous, None if tenant.shadow_model == model else tenant.shadow_model)


def previous_of(tenant: Tenant) -> str:
    """What to go back to. Raises :class:`NoPreviousModel` where there is nothing."""
    if tenant.previous_model is None:
        raise NoPreviousModel(tenant.id)
    return tenant.previous_model


def rolled_back(tenant: Tenant, previous: str) -> Models:
    """To ``previous``; the present one becomes the previous, so that a second time goes back again."""
    return Models(previous, tenant.model, None if tenant.shadow_model == previous else tenant.shadow_model)


def shadowed(tenant: Tenant, shadow: str | None) -> Models:
    """The same, with this shadow or none."""
    return Models(tenant.model, tenant.previous_model, shadow)
