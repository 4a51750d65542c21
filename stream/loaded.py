"""The classifiers that a tenants file names, loaded aside while batches go on."""

import asyncio
from collections.abc import Mapping
from functools import partial

import structlog

from models import classifier
from models.artefact import ArtefactError
from models.classifier import Classifier
from models.reference import Reference
from stream.scoring import keep_of
from stream.shadow import Rival
from stream.tenants import Tenants

log = structlog.get_logger("aura.worker")


class Loaded:
    """What is loaded now. All is replaced at once, so that whoever still uses the old mappings has all they need.

    Args:
        threads: CPU threads of each classifier; None for one a core.

    Attributes:
        names: reference to a model, as the tenants file has it, to the pinned one, which is the model's name everywhere
            else.
        classifiers: the models that count, by that name.
        shadows: those that only score beside them; classifiers of their own, for they work at the same time.
    """

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self.names: Mapping[str, str] = {}
        self.classifiers: Mapping[str, Classifier] = {}
        self.shadows: Mapping[str, Classifier] = {}

    async def take(self, tenants: Tenants) -> None:
        """Load what is not loaded yet, then let go of what no tenant names any more.

        A reference without a digest that is loaded already is not looked at again.

        A shadow that cannot be loaded is left out: it must not hold up what counts.

        Raises:
            ArtefactError: a model that counts cannot be loaded, naming whose reviews it counts; everything stays as it
                was.
        """
        names, classifiers, shadows = dict[str, str](), dict[str, Classifier](), dict[str, Classifier]()
        for reference in sorted({tenant.model for tenant in tenants.values()}):
            try:
                await self._take(reference, names, classifiers, self.classifiers)
            except ArtefactError as error:
                raise _needed(error, [tenant.id for tenant in tenants.values() if tenant.model == reference]) from error
        for tenant in tenants.values():
            if tenant.shadow_model is not None:
                try:
                    await self._take(tenant.shadow_model, names, shadows, self.shadows)
                except Exception as error:  # whatever it is, such as too little memory for a second model
                    log.error(
                        "a shadow model cannot be loaded; it is left out until the tenants file changes",
                        tenant=tenant.id, error=str(error), do="choose another, or aura models shadow --off",
                    )  # fmt: skip
        self.names, self.classifiers, self.shadows = names, classifiers, shadows

    def rivals(self, tenants: Tenants) -> dict[str, Rival]:
        """Tenant to its shadow, where that is loaded, and another model than the one that counts."""
        found = {}
        for tenant in tenants.values():
            active, shadow = self.names[tenant.model], self.names.get(tenant.shadow_model or "", "")
            if shadow in self.shadows and shadow != active:
                found[tenant.id] = Rival(active, shadow, self.shadows[shadow], keep_of(tenant))
        return found

    async def _take(
        self, reference: str, names: dict[str, str], into: dict[str, Classifier], before: Mapping[str, Classifier]
    ) -> None:
        name = names.get(reference, self.names.get(reference, reference))
        found = into.get(name) or before.get(name) or await self._load(reference)
        names[reference] = str(Reference.parse(reference).pinned(found.digest))
        into[names[reference]] = found

    async def _load(self, reference: str) -> Classifier:
        loading = partial(classifier.load, reference, threads=self._threads)
        found = await asyncio.get_running_loop().run_in_executor(None, loading)
        log.info("classifier loaded", model=reference, digest=found.digest, device=found.device)
        return found


def _needed(error: ArtefactError, tenants: list[str]) -> ArtefactError:
    command = " ".join(["aura models promote MODEL", *(f"--tenant {tenant}" for tenant in tenants)])
    return ArtefactError(
        error.path,
        f"{error.reason}; it scores the reviews of {', '.join(tenants)}: mend it, or choose another: {command}",
    )
