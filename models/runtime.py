"""TensorFlow, imported without its start-up chatter, and the device that it computes on.

Every module that computes takes ``tf`` and ``keras`` from here, so that the settings below come before the import.
"""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_CHATTER: Final = re.compile(rb"^(I\d{4} |WARNING: All log messages before absl::InitializeLog)")
"""Information that TensorFlow's libraries print while they load, whatever its log level is set to."""


@contextmanager
def _without_chatter() -> Iterator[None]:
    """Hold back what C libraries write to stderr, then pass on all but :data:`_CHATTER`."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not _CHATTER.match(line):
                    os.write(2, line)


os.environ["KERAS_BACKEND"] = "tensorflow"
# Below 3, a machine without a GPU reports a CUDA error at every start. What stops the work is raised, not logged.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _without_chatter():
    import keras
    import tensorflow as tf

__all__ = ["ThreadsAlreadySet", "keras", "set_threads", "tf", "use_device"]


class ThreadsAlreadySet(RuntimeError):
    """TensorFlow computes already, and takes its number of threads before it does.

    Attributes:
        wanted: threads asked for.
        running: threads it runs with; 0 means as many as there are cores.
    """

    def __init__(self, wanted: int, running: int) -> None:
        super().__init__(f"{wanted} threads wanted, but TensorFlow already runs with {running or 'its own choice of'}")
        self.wanted = wanted
        self.running = running


def set_threads(threads: int | None) -> None:
    """Compute on this many CPU threads; ``None`` leaves it as it is.

    Raises:
        ThreadsAlreadySet: TensorFlow computes already, with another number.
    """
    running = tf.config.threading.get_intra_op_parallelism_threads()
    if threads is None or threads == running:
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    except RuntimeError:
        raise ThreadsAlreadySet(threads, running) from None


def use_device() -> str:
    """Choose the first GPU where there is one, else the CPU, and say which: ``CPU (2 cores)``.

    A GPU's memory is taken as it is needed; TensorFlow would otherwise take all of it, and a second worker on
    the same card would fail to start. Its products are taken in float32 in full: the 10 bits of TensorFloat-32, which
    TensorFlow uses by itself, change answers by a thousandth.
    """
    tf.config.experimental.enable_tensor_float_32_execution(False)
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # It computes already, and so was set by an earlier call.
            break
    if gpus:
        name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "of unknown name")
        return f"GPU:0 {name}"
    cores = len(os.sched_getaffinity(0))
    threads = tf.config.threading.get_intra_op_parallelism_threads()
    return f"CPU ({threads} of {cores} cores)" if 0 < threads < cores else f"CPU ({cores} cores)"
