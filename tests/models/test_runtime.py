import pytest

from models.runtime import ThreadsAlreadySet, set_threads, tf


def test_threads_cannot_change_under_a_running_tensorflow() -> None:
    tf.constant(1)
    with pytest.raises(ThreadsAlreadySet, match="17 threads wanted") as raised:
        set_threads(17)
    assert raised.value.wanted == 17
