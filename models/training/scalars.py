"""Losses and accuracies as TensorBoard shows them.

Written with what TensorFlow itself has: ``keras.callbacks.TensorBoard`` needs TensorBoard installed, ten packages that
only whoever looks at the curves needs.
"""

from pathlib import Path
from typing import Any

from models.manifest import Epoch
from models.runtime import tf


class Scalars:
    """Event files under ``folder``/train and ``folder``/held_out, one curve a figure, one point an epoch.

    Raises:
        OSError: the folders cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._writers = {}
        for part in ("train", "held_out"):
            (folder / part).mkdir(parents=True, exist_ok=True)  # TensorFlow's own error is none of the system's
            self._writers[part] = tf.summary.create_file_writer(str(folder / part))
        metadata = tf.compat.v1.SummaryMetadata(data_class="DATA_CLASS_SCALAR")
        metadata.plugin_data.plugin_name = "scalars"
        self._metadata = metadata

    def write(self, epoch: int, figures: Epoch) -> None:
        """Add ``epoch`` (from 1), and make sure that whoever looks sees it."""
        self._add("train", epoch, epoch_loss=figures.loss, epoch_accuracy=figures.accuracy)
        self._add("held_out", epoch, epoch_loss=figures.held_out_loss, epoch_accuracy=figures.held_out_accuracy)

    def _add(self, part: str, epoch: int, **figures: float) -> None:
        writer: Any = self._writers[part]
        with writer.as_default():
            for tag, value in figures.items():
                tf.summary.write(tag, tf.constant(value, tf.float32), epoch, self._metadata)
        writer.flush()
