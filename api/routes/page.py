"""The live page and its files, all from this server: no other one is asked."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).resolve().parent.parent / "static"
_REVALIDATE: Final = {"Cache-Control": "no-cache"}
"""Files keep their names from version to version: a browser asks each time, and gets 304 when nothing changed."""


class PageFiles(StaticFiles):
    """The page's files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at ``path``, to be asked for again each time."""
        response = await super().get_response(path, scope)
        response.headers.update(_REVALIDATE)
        return response


@router.api_route("/", methods=["GET", "HEAD"])
async def page() -> FileResponse:
    """The live page. It has no data in it: it asks for them with the key that its reader gives it."""
    return FileResponse(FOLDER / "index.html", headers=_REVALIDATE)
