"""The Faust app, as far as it shows outside."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from stream.faust_app import build_app
from stream.record import Run
from stream.transport import Reader


async def submit(run: Run) -> None:
    """Take nothing."""


def test_it_makes_no_folders_where_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = build_app("127.0.0.1:1", "group", "topic", cast(Reader, None), submit)
    asyncio.run(app.on_first_start())
    assert list(tmp_path.iterdir()) == []
