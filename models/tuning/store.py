"""A search on disk: one SQLite file in Optuna's form, a transaction a finished trial.

A trial stands in it once it is over, with all of its figures, so that whenever the search is killed no finished one is
lost and no half of one is found. Those that were running are proposed again, the same (:mod:`models.tuning.propose`),
and go on from checkpoints of their own. Optuna's tools read the file, too: ``optuna-dashboard sqlite:///study.db``.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.exceptions import OptunaError, StorageInternalError
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from models.tuning.objective import OBJECTIVES
from models.tuning.optimizer import optuna
from models.tuning.trial import Search, Trial

STUDY: Final = "study.db"
_LOCK: Final = "lock"
_NAME: Final = "aura"
_SEARCH, _TRIAL = "search", "trial"


class StoreError(Exception):
    """A folder that this search cannot be kept in.

    Attributes:
        folder: which.
        reason: why.
    """

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder}: {reason}")
        self.folder = folder
        self.reason = reason


class Store:
    """The trials of one search. Made by :func:`opened`."""

    def __init__(self, folder: Path, study: optuna.Study, search: Search) -> None:
        self.folder: Final = folder
        self.search: Final = search
        self.trials: Final[dict[int, Trial]] = {}
        self._study = study
        for kept in study.get_trials(deepcopy=False):
            trial = msgspec.convert(kept.user_attrs[_TRIAL], Trial)
            self.trials[trial.number] = trial

    def add(self, trial: Trial) -> None:
        """Keep a trial that is over, and forget its checkpoint.

        Raises:
            StoreError: it cannot be written.
        """
        value = self.search.value(trial)
        space: dict[str, BaseDistribution] = {
            each.name: CategoricalDistribution(each.values) for each in self.search.space.dimensions
        }
        over = create_trial(
            state=TrialState.FAIL if value is None else TrialState.COMPLETE,
            params=dict(trial.point),
            distributions=space,
            value=value,
            user_attrs={_TRIAL: msgspec.to_builtins(trial)},
            intermediate_values={n: epoch.held_out_loss for n, epoch in enumerate(trial.history, start=1)},
        )
        try:
            self._study.add_trial(over)
        except (OptunaError, SQLAlchemyError) as error:
            raise StoreError(self.folder, f"{STUDY} cannot be written: {_first_line(error)}") from error
        self.trials[trial.number] = trial
        self.checkpoint(trial.number).unlink(missing_ok=True)

    def checkpoint(self, number: int) -> Path:
        """Where a running trial keeps its epochs."""
        return self.folder / f"trial-{number}.checkpoint"


@contextmanager
def opened(folder: Path, search: Search, *, fresh: bool = False) -> Iterator[Store]:
    """The store of a search in a folder, which is made if it is not there. Another process must wait until it is shut.

    What a search has begun with stays: its ``ahead`` is the one of the run that made the folder. ``fresh`` forgets the
    search that is there.

    Raises:
        StoreError: the folder is of another search or in use, or cannot be written or understood.
    """
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context((folder / _LOCK).open("w"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if fresh:
                for path in (folder / STUDY, *folder.glob("trial-*.checkpoint")):
                    path.unlink(missing_ok=True)
        except BlockingIOError:
            raise StoreError(folder, "another aura tune is at work there; wait for it, or name another") from None
        except OSError as error:
            raise StoreError(folder, f"cannot be written: {error.strerror}") from error
        yield _store(folder, search)


def _store(folder: Path, search: Search) -> Store:
    try:
        # The whole path: SQLite reads it in the working folder of whoever opens the file.
        storage = RDBStorage(f"sqlite:///{(folder / STUDY).resolve()}")
        study = optuna.create_study(
            storage=storage,
            study_name=_NAME,
            direction=OBJECTIVES[search.objective].direction,
            load_if_exists=True,
        )
        kept = study.user_attrs.get(_SEARCH)
        if kept is None:
            study.set_user_attr(_SEARCH, msgspec.to_builtins(search))
            return Store(folder, study, search)
        begun = msgspec.convert(kept, Search)
        if changed := _changed(begun, search):
            raise StoreError(
                folder, f"holds a search with another {changed}; name another folder, or begin anew with --fresh"
            )
        return Store(folder, study, begun)
    except (OperationalError, StorageInternalError) as error:  # locked, or no space left
        raise StoreError(folder, f"{STUDY} cannot be used: {_first_line(error)}") from error
    except (OptunaError, SQLAlchemyError, RuntimeError, msgspec.ValidationError, KeyError) as error:
        raise StoreError(folder, f"{STUDY} is not understood: {_first_line(error)}; begin anew with --fresh") from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _changed(begun: Search, search: Search) -> str:
    """Names of what differs, apart from ``ahead``."""
    one, other = _flat(begun), _flat(search)
    return ", ".join(name for name in other if one.get(name) != other[name])


def _flat(search: Search) -> dict[str, Any]:
    fields = msgspec.to_builtins(search)
    recipe = fields.pop("recipe")
    del fields["ahead"]
    fitting = recipe.pop("fitting")
    preprocessing = recipe.pop("preprocessing")
    flat: dict[str, Any] = fields | recipe | fitting | preprocessing
    return flat
