"""Scoring what was counted before, by the models that counted it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from models.artefact import ArtefactError
from models.classifier import Classifier, load
from stream.audit import TenantAdded
from stream.letterbox import Letterbox, NoLetterbox
from stream.record import Run, TopicPartition
from stream.scoring import House, Processed, houses_of, score
from stream.standing import Standing
from stream.tenants import Tenants, TenantsFileError
from stream.verdicts import Verdicts


class _NotLoaded(Exception):
    """A model that scored reviews is not to be had."""

    def __init__(self, model: str, error: Exception) -> None:
        super().__init__(f"{model} scored reviews of it and cannot be loaded: {str(error) or type(error).__name__}")
        self.model = model


class _Loaded(dict[str, Classifier]):
    """Models by reference, loaded when they are first needed."""

    def __init__(self, threads: int | None) -> None:
        super().__init__()
        self._threads = threads

    def __missing__(self, model: str) -> Classifier:
        try:
            self[model] = load(model, threads=self._threads)
        except Exception as error:  # whatever it is: other tenants have other models
            raise _NotLoaded(model, error) from error
        return self[model]


class Recount:
    """Decodes and classifies runs as the worker did, of the tenants that are judged; a :class:`stream.audit.Recount`.

    Args:
        tenants: those of the file.
        again: reads the file again.
        asked: limits it to some tenants; none for all.
        box: the dead letters.
        threads: CPU threads of each model; None for one a core.

    Attributes:
        strangers: tenants that the store has and the file has not.
        unproven: tenant to why its reviews cannot be scored again.
    """

    def __init__(
        self,
        tenants: Tenants,
        again: Callable[[], Tenants],
        asked: Collection[str],
        box: Letterbox,
        threads: int | None,
    ) -> None:
        self._again = again
        self._asked = frozenset(asked)
        self._box = box
        self._verdicts = Verdicts()
        self._refused: Mapping[TopicPartition, Standing] = {}
        self._loaded = _Loaded(threads)
        self.strangers: set[str] = set()
        self.unproven: dict[str, str] = {}
        self._take(tenants)

    def _take(self, tenants: Tenants) -> None:
        of_file = houses_of(tenants)
        self._houses: dict[str, House] = {id_: of_file[id_] for id_ in of_file if not self._asked or id_ in self._asked}

    @property
    def tenants(self) -> Collection[str]:
        """As :attr:`stream.audit.Recount.tenants`."""
        return self._houses.keys() - self.unproven.keys()

    def judges(self, tenant: str) -> bool:
        """As :meth:`stream.audit.Recount.judges`; the tenants file is read again once for each that it lacks."""
        if tenant in self._houses:
            return tenant not in self.unproven
        if tenant in self.strangers or (self._asked and tenant not in self._asked):
            return False
        with suppress(TenantsFileError):  # one that workers refuse too: the old one stays in force
            if tenant in (tenants := self._again()):
                self._take(tenants)
                raise TenantAdded(tenant)
        self.strangers.add(tenant)
        return False

    def horizon_ms(self, tenant: str) -> int:
        """As :meth:`stream.audit.Recount.horizon_ms`."""
        return self._houses[tenant].duplicate_ms if tenant in self._houses else 0

    def learn(self) -> None:
        """As :meth:`stream.audit.Recount.learn`.

        Raises:
            LetterboxUnavailable: Kafka does not answer.
        """
        with suppress(NoLetterbox):  # then nothing was refused
            self._verdicts.read(self._box)
        self._refused = self._verdicts.all()

    def score(self, runs: Sequence[Run], models: Mapping[str, str]) -> list[Processed]:
        """Score runs, the reviews of a tenant by the model that ``models`` has of it, or by its present one.

        A tenant whose model is not there any more is :attr:`unproven` from then on, and left out.

        Raises:
            ClassifierFailed: a model does not work.
        """
        while True:
            then = {
                tenant: replace(house, model=models.get(tenant, house.model))
                for tenant, house in self._houses.items()
                if tenant not in self.unproven
            }
            try:
                return score(runs, then, self._loaded, self._refused)
            except _NotLoaded as error:
                self._leave_out(runs, {tenant: house for tenant, house in then.items() if house.model == error.model})

    def _leave_out(self, runs: Sequence[Run], houses: Mapping[str, House]) -> None:
        """Find out which of some tenants have a review in ``runs``, for a model that cannot be loaded."""
        for tenant, house in houses.items():
            try:
                score(runs, {tenant: house}, self._loaded, self._refused)
            except _NotLoaded as error:
                why = str(error)
                if isinstance(error.__cause__, ArtefactError):
                    why += "; put it back, for nothing else can prove what it counted"
                self.unproven[tenant] = why
