"""``aura models promote``, ``rollback`` and ``shadow``: which classifier scores whose reviews, without a restart."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.errors import CommandError
from infra.options import AsJson, PinnableModel, TenantsFile
from infra.tenants_file import record, tenants_file

if TYPE_CHECKING:
    from stream.tenants import Tenant
    from stream.tenants_write import Models

TenantIds = Annotated[list[str], typer.Option("--tenant", help="Whose reviews; repeatable.", metavar="ID")]


def promote(model: PinnableModel, tenant: TenantIds, file: TenantsFile = None, as_json: AsJson = False) -> None:
    """Let a classifier score a tenant's reviews from now on.

    It is loaded first, and named in the tenants file with its digest: workers take no other state of it. They read the
    file again by themselves, and change over between two batches. The model before is remembered for rollback.
    """
    from stream.promotion import promoted

    reference = _pinned(model)
    _change("model promoted", tenant, lambda found: promoted(found, reference), file, as_json)


def rollback(tenant: TenantIds, file: TenantsFile = None, as_json: AsJson = False) -> None:
    """Go back to the classifier before the last promotion.

    What the present one has counted stays counted, under its name. A second rollback goes back again.
    """
    from stream.promotion import previous_of, rolled_back

    _change("model rolled back", tenant, lambda found: rolled_back(found, _pinned(previous_of(found))), file, as_json)


def shadow(
    tenant: TenantIds,
    model: Annotated[
        str | None, typer.Argument(help="Folder of an artefact, or the name of a shipped one; @DIGEST may follow.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="No shadow any more.")] = False,
    file: TenantsFile = None,
    as_json: AsJson = False,
) -> None:
    """Let a second classifier score a tenant's reviews too.

    It counts nothing, and the API shows where the two differ. It takes at most a fifth of one thread of each worker.
    Heavy traffic is scored in part.
    """
    from stream.promotion import shadowed

    if (model is None) == (not off):
        raise typer.BadParameter("either a model, or --off")
    reference = None if model is None else _pinned(model)
    _change("shadow changed", tenant, lambda found: shadowed(found, reference), file, as_json)


def _pinned(model: str) -> str:
    """The reference to a model in its present state, which has answered: a worker that cannot load it would refuse the
    whole tenants file. A folder is named by its absolute path, for workers and audits may run in another one."""
    from models.artefact import ArtefactError, locate, shipped
    from models.classifier import load
    from models.reference import Reference

    reference = Reference.parse(model)
    try:
        digest = load(model).digest
        if reference.artefact not in shipped():
            reference = Reference(str(locate(reference.artefact).resolve()))
    except ArtefactError as error:
        raise CommandError(str(error)) from error
    return str(reference.pinned(digest))


def _change(
    action: str, tenants: list[str], change: "Callable[[Tenant], Models]", file: Path | None, as_json: bool
) -> None:
    from stream.promotion import NoPreviousModel
    from stream.tenants_write import set_models

    try:
        with tenants_file(file) as path:
            changed = set_models(path, tenants, change)
    except NoPreviousModel as error:
        raise CommandError(str(error)) from error
    for name, models in changed.items():
        record(path, action, tenant=name, **models._asdict())
    if as_json:
        print(json.dumps({"file": str(path), "tenants": {name: models._asdict() for name, models in changed.items()}}))
        return
    for name, models in changed.items():
        said = [f"{name}: {models.model}"]
        said += [f"before: {models.previous_model}"] if models.previous_model else []
        said += [f"shadow: {models.shadow_model}"] if models.shadow_model else []
        print("; ".join(said))
