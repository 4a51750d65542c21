"""Whether an artefact's manifest and its files fit each other: what a hash alone does not say, for who edits a file can
hash it again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.manifest import Manifest
from models.preprocessing.tokenizer import MARK, Vocabulary
from models.reference import DIGITS


def fault(
    manifest: Manifest, vocabulary: Vocabulary, weights: Mapping[str, NDArray[Any]], weights_hash: str
) -> str | None:
    """What the manifest says that is not so, or what of the weights is no number to compute with; None for nothing.

    Their shapes are :func:`models.engines.choose.choose`'s to check.
    """
    if manifest.version != weights_hash[:DIGITS]:
        return f"it calls the weights version {manifest.version}, and their SHA-256 begins {weights_hash[:DIGITS]}"
    if manifest.preprocessing.marked != (vocabulary.ordered[:1] == (MARK.encode(),)):
        says, begins = ("marked", "does not begin") if manifest.preprocessing.marked else ("not marked", "begins")
        return f"it says that texts are {says}, and the vocabulary {begins} with the mark"
    classes, calibration = len(manifest.labels), manifest.calibration
    shifts = 0 if classes == 2 else classes
    if calibration is not None and len(calibration.shifts) != shifts:
        return f"its calibration has {len(calibration.shifts)} shifts, and {classes} labels need {shifts}"
    for name, array in weights.items():
        # A member of the file that is no array is read as bytes.
        if np.asarray(array).dtype != np.float32:
            return f"weight {name} is no array of float32"
        if not np.isfinite(array).all():
            return f"weight {name} holds NaN or infinity"
    return None
