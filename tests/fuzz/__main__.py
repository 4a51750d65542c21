"""``python -m tests.fuzz TARGET FOLDER [-libfuzzer=option ...]``: fuzz one target with atheris until something fails.

Without arguments it prints the targets. FOLDER keeps the corpus from run to run; an input that fails is written beside
it. Options are libFuzzer's (https://llvm.org/docs/LibFuzzer.html#options): ``-runs=20000``, ``-max_total_time=60``,
``-seed=1``.
"""

import sys
from pathlib import Path

import atheris

# Compiled from their bytecode, which must be as it was written.
import stream.drivers.loops
import stream.lexicon.loops  # noqa: F401

with atheris.instrument_imports(include=["stream"]):
    from tests.fuzz.corpus import write
    from tests.fuzz.targets import TARGETS

MAX_BYTES = 8_192
"""Longest input: some twenty records. What only size brings about is tested apart, and slowly."""

SLOW_SECONDS = 10
"""An input that takes longer counts as a failure; the slowest known takes thousandths."""


def main() -> None:
    """Run until the options say stop, or until a target raises."""
    if len(sys.argv) == 1:
        print(*TARGETS, sep="\n")
        return
    target, folder, *options = sys.argv[1:]
    corpus = Path(folder) / target
    write(target, corpus)
    limits = [f"-max_len={MAX_BYTES}", f"-timeout={SLOW_SECONDS}", f"-artifact_prefix={folder}/{target}-"]
    atheris.Setup([sys.argv[0], str(corpus), *limits, *options], TARGETS[target])
    atheris.Fuzz()


main()
