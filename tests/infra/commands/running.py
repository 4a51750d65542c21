"""Running ``aura`` in this process, through its entry point."""

import sys
from typing import NamedTuple

import pytest

from infra.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def aura(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ended:
    """Run ``aura`` with these arguments."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["aura", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as raised:
            main()
        code = raised.value.code
    return Ended(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())
