"""The options by which all commands choose letters."""

import re
from typing import Annotated, Final

import typer

from infra.instants import instant
from stream.sift import Sift

Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Only letters whose reason holds this text, in any case.")
]
Field = Annotated[
    str | None,
    typer.Option(
        "--field", metavar="NAME", help="Only letters that this field is to blame for; '' for the whole payload."
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Only this tenant's, as far as payload or key still say whose a letter is."),
]
Since = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Only letters written then or later (RFC 3339 with a zone)."),
]
Until = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="Only letters written before (RFC 3339 with a zone).")
]
Partition = Annotated[int | None, typer.Option(min=0, help="Only records of this partition of the reviews topic.")]
Offset = Annotated[int | None, typer.Option(min=0, help="Only records at this offset of the reviews topic.")]
Replayed = Annotated[
    bool | None, typer.Option("--replayed/--not-replayed", help="Only letters that were, or were not.")
]

_ID: Final = re.compile(r"(\d{1,10}):(\d{1,19})")


def sift_of(
    reason: str | None,
    field: str | None,
    tenant: str | None,
    since: str | None,
    until: str | None,
    partition: int | None,
    offset: int | None,
    replayed: bool | None,
) -> Sift:
    """What the options ask for.

    Raises:
        BadParameter: a time is none.
    """
    return Sift(
        reason, field, tenant,
        from_ms=instant("--from", since) if since else 0, to_ms=instant("--to", until) if until else None,
        partition=partition, offset=offset, replayed=replayed,
    )  # fmt: skip


def place_of(text: str) -> tuple[int, int]:
    """Source partition and offset of a letter's id.

    Raises:
        BadParameter: it is none.
    """
    found = _ID.fullmatch(text)
    if found is None:
        raise typer.BadParameter(
            f"expected PARTITION:OFFSET, as `aura dead-letters list` prints it, such as 3:1745; got {text!r}",
            param_hint="ID",
        )
    return int(found[1]), int(found[2])
