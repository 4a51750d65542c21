"""Letters in a pipe."""

import json
import random

import pytest

from infra.letters.listing import print_letters
from tests.stream.letters import letter
from tests.stream.samples import NOON_MS


def test_the_newest_are_printed_oldest_first_and_equal_times_keep_their_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    letters = [letter(n, written_ms=NOON_MS + n // 4) for n in range(20)]
    shuffled = sorted(letters, key=lambda each: (random.Random(each.written_ms).random(), each.offset))
    print_letters(shuffled, 10, as_json=True)
    ids = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert ids == [f"0:{n}" for n in range(10, 20)]
