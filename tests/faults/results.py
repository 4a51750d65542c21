"""One line of JSON a run, and the table of them: ``python -m tests.faults.results FILE`` writes it into README.md."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

README = Path(__file__).parent / "README.md"
SEEDS = range(1, 6)
BEGIN, END = "<!-- results -->\n", "<!-- end of results -->\n"


@dataclass
class Result:
    """One run of a scenario."""

    scenario: str
    seed: int
    records: int = 0
    letters: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    """What was injected, and what it led to."""
    seconds: float = 0.0
    peak_mib: float = 0.0
    """Largest resident memory of a worker."""
    differences: int = 0
    error: str = ""
    """What ended the run before its verdict."""
    commit: str = ""


def append(path: Path, result: Result) -> None:
    """Add a run to the file of results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(asdict(result)) + "\n")


def commit() -> str:
    """The commit under test, with a + where the working tree is changed."""
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno") else "")


def table(results: list[Result]) -> str:
    """Markdown: a row a scenario."""
    rows = ["| scenario | runs | seeds | records | dead letters | faults, and what they led to | differences |"]
    rows += ["| --- | ---: | --- | ---: | ---: | --- | ---: |"]
    for name in sorted({result.scenario for result in results}):
        mine = [result for result in results if result.scenario == name]
        faults = Counter[str]()
        for result in mine:
            faults.update(result.faults)
        said = ", ".join(f"{count:,} {fault}" for fault, count in faults.items() if count)
        broken = sum(1 for result in mine if result.error)
        found = f"{sum(result.differences for result in mine):,}" + (f", and {broken} ended early" if broken else "")
        seeds = " ".join(map(str, sorted({result.seed for result in mine})))
        records, letters = sum(r.records for r in mine), sum(r.letters for r in mine)
        rows.append(f"| {name} | {len(mine)} | {seeds} | {records:,} | {letters:,} | {said} | {found} |")
    return "\n".join(rows) + "\n"


def complaints(results: list[Result]) -> list[str]:
    """Why a table of ``results`` would prove less than it shows; empty for one that may be shown.

    Each scenario has to pass with all :data:`SEEDS`, from a tree without changes that no commit has.
    """
    if not results:
        return ["there is no run at all"]
    found = []
    for run in results:
        name = f"{run.scenario}, seed {run.seed}"
        if run.error:
            found.append(f"{name}: ended early: {run.error}")
        elif run.differences:
            found.append(f"{name}: {run.differences} differences")
        elif not run.records or not any(run.faults.values()):
            found.append(f"{name}: nothing was published, or nothing broken")
        if run.commit.endswith("+"):
            found.append(f"{name}: of a changed tree, {run.commit}")
    seeds = {result.seed for result in results}
    for name in sorted({result.scenario for result in results}):
        missing = (seeds | set(SEEDS)) - {result.seed for result in results if result.scenario == name}
        found += [f"{name}: no run with seed {seed}" for seed in sorted(missing)]
    return found


def main(file: str) -> None:
    """Put the table of ``file`` into the README, and end with 1 where it is not what it should be."""
    results = [Result(**json.loads(line)) for line in Path(file).read_text().splitlines()]
    commits = " ".join(sorted({result.commit for result in results}))
    minutes = sum(result.seconds for result in results) / 60
    text = README.read_text()
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    README.write_text(f"{before}\n{table(results)}\nTogether {minutes:.0f} minutes; commits: {commits}.\n\n{after}")
    if found := complaints(results):
        sys.exit("\n".join(found))


if __name__ == "__main__":
    main(sys.argv[1])
