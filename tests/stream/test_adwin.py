"""ADWIN is river's, and comes alone."""

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
from river.drift import ADWIN

from stream.adwin import Adwin

stretches = st.lists(st.tuples(st.sampled_from([0.05, 0.35, 0.65, 0.95]), st.integers(1, 150)), min_size=1, max_size=6)


@settings(deadline=None)
@given(stretches, st.lists(st.sampled_from([-0.04, 0.0, 0.04]), min_size=1, max_size=7))
def test_it_finds_what_rivers_class_finds(levels: list[tuple[float, int]], scatter: list[float]) -> None:
    ours, public = Adwin(), ADWIN()
    values = [level for level, count in levels for _ in range(count)]
    for place, value in enumerate(values):
        shown = value + scatter[place % len(scatter)]
        public.update(shown)
        assert (ours.update(shown), ours.width) == (public.drift_detected, public.width)


def test_a_change_is_found() -> None:
    adwin = Adwin()
    assert any(adwin.update(value) for value in [0.1] * 200 + [0.9] * 200)


def test_judging_drift_loads_no_library_of_tables_or_learners() -> None:
    """They would make an API process 140 MB larger on the first question after drift."""
    asked = (
        "import sys\n"
        "from stream.drift import judge\n"
        "from stream.spread import BINS, Spread\n"
        "hours = [(hour * 3_600_000, Spread()) for hour in range(48)]\n"
        "for hour, (_, spread) in enumerate(hours):\n"
        "    for review in range(40):\n"
        "        spread.take(900_000 if hour < 24 else 100_000, 20, 1)\n"
        "verdict = judge(hours[24:], hours[:24])\n"
        "print(verdict.scores, verdict.changed_ms == 24 * 3_600_000)\n"
        "print(sorted({'pandas', 'sklearn', 'sqlalchemy', 'scipy.stats', 'river.drift'} & set(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["major True", "[]"]
