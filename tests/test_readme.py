"""What the README and the pages it leads to tell users to type does what they say: blocks are run as they stand,
against real servers.

A block is run, or stands in :data:`NOT_RUN` with the reason; nothing else is allowed. Blocks share a folder, in the
order of the pages, and find what the README tells them to expect: ``URL``, ``KEY``, ``KAFKA`` and the files named.
"""

import gzip
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas
import pytest
import redis

from api.access import keys
from api.client import Aura
from api.shapes import ToClassify
from stream.readers.rows import DATAFINITI
from stream.tenants_write import add_key
from tests.command_line import ROOT
from tests.pages import PAGES
from tests.services import free_port
from tests.system.programs import MODEL, READY_SECONDS, Deployment, eventually

TOPIC = "aura.reviews"
BLOCK_SECONDS = 120.0

NOT_RUN = {
    "make demo\n": "tests/infra/demo/test_demo.py",
    'make demo ARGS="--csv reviews.csv"': "below, by a test of its own",
    'make demo ARGS="--reviews 20000': "tests/infra/demo/test_demo.py, with fewer reviews; make test is what runs this",
    "aura kafka start": "takes ports 9092 and 8000, and a home directory; tests/system run each of its commands",
    "aura keys create --tenant shop --role read": "wants a Grafana; tests/infra/grafana/test_command.py has one played",
    "[[tenants.alerts]]": "tests/stream/test_tenant_rules.py reads it",
    "openssl rand": "wants a receiver of webhooks; tests/infra/commands/test_alerts.py",
    "import hashlib": "tests/stream/alerts/test_signature.py calls it",
    "aura train reviews.csv": "trains for minutes; tests/infra/commands/test_train.py and its neighbours",
    "aura dead-letters list": "wants dead letters at given places; tests/system/test_dead_letters.py",
    "aura bench scaling": "takes minutes; tests/system/test_bench.py, with fewer reviews",
    "import faust": "tests/stream/bulk/test_readme.py, with a worker of Faust's",
    "producer, file, HTTP -> ": "a drawing",
}
"""The beginning of a block, and where else it is run, or why it is not."""

SHOP_REVIEWS = (2 + 3 + 3) + 3 + 1 + 1 + 1
"""Of the files, by the Python client, by curl, by confluent-kafka, by kcat."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    section: str
    language: str
    text: str

    @property
    def reason(self) -> str | None:
        """Why it is not run; None when it is."""
        return next((reason for begin, reason in NOT_RUN.items() if self.text.startswith(begin)), None)

    @property
    def endless(self) -> bool:
        """Whether it goes on until it is stopped."""
        return "curl -N" in self.text or "aura.live()" in self.text

    def __str__(self) -> str:
        return f"{self.section}: {self.text.splitlines()[0][:50]}"


def blocks() -> list[Block]:
    """All of them, in their order."""
    found, section = [], ""
    text = "\n".join(page.read_text() for page in PAGES)
    for match in re.finditer(r"^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        if match[1]:
            section = match[1]
        else:
            found.append(Block(section, match[2], match[3]))
    return found


RUN = [block for block in blocks() if block.reason is None]


class Stack:
    """Kafka, Redis, a worker and the API, and a folder with the files that the README names."""

    def __init__(self, deployment: Deployment, key: str) -> None:
        self.deployment = deployment
        self.key = key
        self.folder = deployment.folder / "user"
        self.folder.mkdir()
        write_files(self.folder)
        programs = deployment.folder / "bin"
        programs.mkdir()
        write_program(programs / "aura", f'exec {sys.executable} -m infra "$@"')
        (programs / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
        self.environment = {
            **deployment.environment,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "CURL_HOME": str(programs),
            "URL": deployment.address,
            "KEY": key,
            "KAFKA": deployment.kafka,
        }

    def start(self, block: Block) -> subprocess.Popen[str]:
        """Run a block as a user would."""
        command = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}[block.language]
        return subprocess.Popen(
            [*command, block.text],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def await_counted(self) -> None:
        """Return when everything that the blocks have published is counted."""
        with Aura(self.deployment.address, self.key) as aura:
            eventually(lambda: aura.summary().totals.reviews == SHOP_REVIEWS, BLOCK_SECONDS, f"{SHOP_REVIEWS} reviews")


def write_program(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def write_files(folder: Path) -> None:
    """The files that the README's commands read, each as its command expects."""
    columns = ",".join(DATAFINITI.values())
    row = "Sturdy.,{id},2025-05-0{id}T08:00:00Z,Fine,5,Desk lamp,Lumen,Lighting\n"
    with gzip.open(folder / "reviews.csv.gz", "wt") as file:
        file.write(columns + "\n" + row.format(id=1) + row.format(id=2))
    (folder / "app.csv").write_text("content,score,at\nAlways logs me out.,1,2025-05-01\nClear.,5,2025-05-02\n")
    events = [{"product_id": "kettle-2", "text": f"Number {i}.", "occurred_at": 1_748_000_000 + i} for i in range(3)]
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    hours = "".join(f"lamp-7,Hour {hour}.,2024-05-01T0{hour}:00:00Z\n" for hour in range(3))
    (folder / "last-year.csv").write_text("product_id,text,occurred_at\n" + hours)


@pytest.fixture(scope="module")
def stack(kafka: str, redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Started once: blocks are run one after another."""
    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    deployment = Deployment(tmp_path_factory.mktemp("readme"), kafka, redis_server, TOPIC)
    key, stored = keys.create("write", "readme")
    add_key(deployment.tenants, "shop", stored)
    with ExitStack() as running:
        running.enter_context(deployment.running("worker"))
        running.enter_context(deployment.api())
        with Aura(deployment.address, key) as aura:
            eventually(lambda: httpx.get(f"{deployment.address}/readyz").is_success, READY_SECONDS, "all is ready")
            assert aura.summary().totals.reviews == 0
        yield Stack(deployment, key)


def test_what_is_not_run_is_still_in_the_readme() -> None:
    for begin in NOT_RUN:
        assert sum(block.text.startswith(begin) for block in blocks()) == 1, begin
    assert {"Publish reviews", "Read the scores"} <= {block.section for block in RUN}
    assert all(block.reason is None for block in blocks() if block.section in ("Publish reviews", "Read the scores"))


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_block_does_what_it_says(stack: Stack, block: Block) -> None:
    if "kcat" in block.text and shutil.which("kcat") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have kcat: infra/install.sh test-tools installs it")
        pytest.skip("kcat is not installed: apt-get install kcat")
    if block.section == "Read the scores":
        stack.await_counted()
    running = stack.start(block)
    try:
        if not block.endless:
            said, errors = running.communicate(timeout=BLOCK_SECONDS)
            assert running.returncode == 0, errors
            check(block, said)
            return
        assert running.stdout is not None
        assert "lamp-7" in next(line for line in running.stdout if "lamp-7" in line)
    finally:
        running.kill()
        running.communicate()


def check(block: Block, said: str) -> None:
    """That a block which ended well has done what the README says of it."""
    if block.language == "python" and "products(" in block.text:
        assert "lamp-7" in said
        assert "reviews, " in said


def test_in_the_end_all_is_counted_once_and_nothing_refused(stack: Stack) -> None:
    stack.await_counted()
    with Aura(stack.deployment.address, stack.key) as aura:
        found = {product.product_id: product.reviews_total for product in aura.products(window="all")}
        assert found == {"1": 1, "2": 1, "kettle-2": 3 + 1 + 1 + 1, "lamp-7": 3 + 2 + 1}
        assert aura.summary().pipeline.dead_letters == 0
    assert list(pandas.read_csv(stack.folder / "products.csv")["product_id"].astype(str)) == sorted(found)
    assert list(pandas.read_parquet(stack.folder / "products.parquet")["product_id"]) == sorted(found)


def test_the_client_classifies_and_asks_whether_all_is_ready(stack: Stack) -> None:
    with Aura(stack.deployment.address, stack.key) as aura:
        great = ToClassify(text="It works great and I love it, would buy it again and again.", title="Great")
        answer = aura.classify(["Terrible, it broke after a week. A waste of money.", great])
        terrible, best = (one.p_good for one in answer.reviews)
        assert terrible < 0.7 < 0.9 < best
        assert answer.model.name == MODEL
        assert aura.ready().status == "ready"


def test_a_file_of_ones_own_is_on_the_page_with_one_command(tmp_path: Path) -> None:
    """``make`` itself is left out: it installs, and hands ARGS on."""
    (command,) = [block.text for block in blocks() if block.text.startswith('make demo ARGS="--csv')]
    port = free_port()
    write_program(
        tmp_path / "make", f"exec {sys.executable} -m infra demo ${{2#ARGS=}} --json --no-browser --port {port}"
    )
    (tmp_path / "reviews.csv").write_text(
        "Product,Review Text,Stars,Review Date\n"
        'Kettle 2,"Terrible, it broke after a week. A waste of money.",1,2019-02-03\n'
        "Desk lamp,A warm and quiet light. I love it.,5,2019-02-04\n"
        "Desk lamp,,4,2019-02-04\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AURA_")}
    running = subprocess.Popen(
        ["bash", "-c", f"exec {command}"],
        cwd=tmp_path,
        env=clean | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        shown = json.loads(running.stdout.readline())
        assert httpx.get(shown["page"]).text.startswith("<!doctype html>")
        with Aura(shown["url"], shown["keys"]["mine"]) as aura:
            assert [(row.product_id, row.name, row.measures.good) for row in aura.products("all", "good_ratio")] == [
                ("Desk-lamp", "Desk lamp", 1),
                ("Kettle-2", "Kettle 2", 0),
            ]
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=BLOCK_SECONDS)
    finally:
        running.kill()
        running.communicate()
    assert "Reading reviews.csv: text='Review Text'" in said
    assert "reviews.csv: 2 reviews; rows left out: 1 (1 for text: required, but missing, line 4)." in said
    assert running.returncode == 0
