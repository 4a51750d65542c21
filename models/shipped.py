"""The artefacts that come with Aura, each in the one state that it ships in.

A manifest has the hashes of the other files, and nothing in its folder has its own: here it is, so that an edit of a
calibration or of a size is found out. Whoever trains one anew, or edits its manifest on purpose, renews the table from

    sha256sum models/artefacts/*/manifest.json
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

MANIFESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "banks": "a1c23b8a892ec98b021e88d61bf8c29706743c497b16c72234fa788d32972476",
        "films": "73ea916187370895eb3458e625f7cfb7f4fc9bed5553e6253cfe942c16bb4308",
        "products": "1ce32e55d2e65d6c98217784b0d343e4ee3fcface1a5971ffe18b88ad2aa2eca",
        "reference": "955f09b4cf69e67c4aa54de6082475ae13b7a516690e0cb4973ca23a33889317",
    }
)
"""Name to the SHA-256 of ``manifest.json``: all 64 digits, for a file with twelve given ones can be searched for."""
