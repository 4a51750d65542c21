"""A bar an epoch while a classifier is trained, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from models.training.fit import Progress


@contextmanager
def shown(epochs: int) -> "Iterator[Progress]":
    """What to call with every batch. Epochs that an earlier run has done have no bar."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("batch {task.completed}/{task.total}"),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TimeRemainingColumn(),
    )
    bars: dict[int, TaskID] = {}
    with Bars(*columns, console=Console(stderr=True)) as progress:

        def show(epoch: int, batch: int, batches: int, loss: float) -> None:
            if epoch not in bars:
                bars[epoch] = progress.add_task(f"epoch {epoch}/{epochs}", total=batches, loss=loss)
            progress.update(bars[epoch], completed=batch, loss=loss)

        yield show
