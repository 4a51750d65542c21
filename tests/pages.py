"""The pages that are written for people who use Aura: the README first, then those it leads to."""

from typing import Final

from tests.command_line import ROOT

PAGES: Final = [
    ROOT / "README.md",
    *(ROOT / room for room in ("stream/PRODUCERS.md", "api/MEASURES.md", "infra/OPERATING.md", "infra/SCALING.md")),
    ROOT / "models/TRAINING.md",
    ROOT / "stream/bulk/README.md",
]
