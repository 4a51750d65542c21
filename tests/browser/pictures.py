"""The README's pictures of the page: ``python -m tests.browser.pictures 'ADDRESS' FOLDER``, of a demo that runs.

The address is the one that ``aura demo`` prints, with its keys. Some twenty minutes after its start the stories that it
tells have turned a product or two, and windows have something before them.
"""

import base64
import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image

from tests.browser.chromium import headless
from tests.browser.visitor import Visitor

COLOURS: Final = 256
"""A page has few: a palette makes a picture a third of its size, and nobody sees the difference."""


@dataclass(frozen=True)
class Picture:
    """A state of the page, and what is on it when it is whole."""

    name: str
    width: int
    height: int
    scheme: str
    place: str
    signs: tuple[str, ...]


WHOLE: Final = ("#trust .trust-part:not([data-state='none'])", "#movers .mover", "#stream .review")
PICTURES: Final = (
    Picture("live-page", 1440, 1240, "light", "/shop?window=15m", WHOLE),
    Picture(
        "product-detail",
        1440,
        1080,
        "light",
        "/shop/product/kettle-17?window=1h",
        ("#detail .terms tbody tr", ".review"),
    ),
    Picture(
        "compare",
        1200,
        760,
        "dark",
        "/shop/compare?item=kettle-17&item=toaster-duo&item=coffee-maker&window=15m",
        ("#comparison .pairs .difference",),
    ),
    Picture("phone", 390, 844, "light", "/bank?window=15m", ("#tile-reviews", "svg")),
)


def go(visitor: Visitor, address: str, picture: Picture) -> None:
    """Lead the visitor to the state of a picture, and wait until all of it is there."""
    visitor.emulate(picture.width, picture.height, picture.scheme)
    visitor.open(address)
    visitor.see("#tile-reviews")
    visitor.follow(picture.place)
    for sign in picture.signs:
        visitor.see(sign)
    visitor.until(lambda: not visitor.all("[aria-busy='true']"), "figures that are read")


def take(visitor: Visitor) -> bytes:
    """What is on show, as PNG."""
    shown = visitor.cdp("Page.captureScreenshot", {"format": "png"})["data"]
    file = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(shown))).convert("RGB").quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def main(address: str, folder: Path) -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as profile, headless(Path(profile), "--hide-scrollbars") as chrome:
        visitor = Visitor.in_fresh_tab(chrome)
        for picture in PICTURES:
            go(visitor, address, picture)
            visitor.until(lambda: float(visitor.texts("#rate")[0]) > 0, "a rate")
            (folder / f"{picture.name}.png").write_bytes(take(visitor))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
