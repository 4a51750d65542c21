"""What is written for users leads somewhere, names commands that there are, and is short enough to be read."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from infra import cli
from tests.command_line import ROOT
from tests.pages import PAGES

WIDEST = 130
PAGE_LINES = 70
"""Of text and tables; code beside them."""

ONE_PAGE_EACH = (
    "Try it", "Run it for real", "Publish reviews", "Read the scores", "Dashboards", "Alerts",
    "Train and compare classifiers", "Operate it",
)  # fmt: skip


def written() -> list[Path]:
    """Every page that is written by hand; cards and the faults' table are written by commands."""
    return [*PAGES, ROOT / "models/RECIPES.md"]


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(text: str) -> set[str]:
    """What headings are called in a link, as GitHub makes it of them."""
    titles = re.findall(r"^#+ (.+)$", without_code(text), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", written(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    text = without_code(page.read_text())
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for link in (first or second for first, second in links):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("page", written(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_line_is_too_wide(page: Path) -> None:
    wide = [f"{number}: {line}" for number, line in enumerate(page.read_text().splitlines(), 1) if len(line) > WIDEST]
    assert not wide


def test_the_readme_gives_each_task_a_page_at_most() -> None:
    parts = re.split(r"^## (.+)$", without_code((ROOT / "README.md").read_text()), flags=re.M)
    lines = {
        title: sum(bool(line.strip()) for line in body.splitlines())
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert {title: lines[title] for title in ONE_PAGE_EACH if lines[title] > PAGE_LINES} == {}


def commands() -> list[tuple[str, str]]:
    """(page, command) of every ``aura ...`` in running text and in blocks for a shell."""
    found = []
    for page in PAGES:
        text = page.read_text()
        shell = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)).replace("\\\n", " ")
        typed = re.findall(r"^(?:\.venv/bin/)?(aura .+)$", shell, re.M)
        named = [one.replace("\n", " ") for one in re.findall(r"`(aura [^`]+)`", without_code(text))]
        found += [(page.name, command) for command in typed + named]
    return found


@pytest.mark.parametrize(("page", "command"), commands())
def test_a_command_that_is_named_exists_with_its_options(page: str, command: str) -> None:
    words = shlex.split(command.partition(" & ")[0].removesuffix("&"), comments=True)[1:]
    here: Any = typer.main.get_command(cli.app)
    while hasattr(here, "get_command") and words and not words[0].startswith("-"):
        here = here.get_command(None, words.pop(0))
        assert here is not None, f"{page}: {command}"
    known = {option for parameter in here.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known | {"--help"}, f"{page}: {command}"
