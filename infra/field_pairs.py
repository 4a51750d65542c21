"""``FIELD=VALUE`` options of commands that read files."""

from collections.abc import Sequence
from typing import Literal

import typer

from stream.readers.fields import FIELDS


def field_pairs(option: Literal["--column", "--set"], values: Sequence[str] | None) -> dict[str, str]:
    """``FIELD=VALUE`` arguments as a dictionary.

    Raises:
        BadParameter: one is not of that form, or its field is none.
    """
    pairs = {}
    for value in values or []:
        name, separator, rest = value.partition("=")
        if not separator or name not in FIELDS:
            expected = (
                f"expected FIELD={'COLUMN' if option == '--column' else 'VALUE'}, FIELD one of {', '.join(FIELDS)}"
            )
            raise typer.BadParameter(f"{expected}; got {value!r}", param_hint=option)
        pairs[name] = rest
    return pairs
