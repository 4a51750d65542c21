"""``infra/install.sh``: what it says and does on a machine that lacks something."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "infra" / "install.sh"
JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"


class Machine:
    """A PATH with the basics and chosen stand-ins; apt-get writes down what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "apt.log"
        for name in ("bash", "env", "head", "sed"):
            found = shutil.which(name)
            assert found, name
            (self.bin / name).symlink_to(found)

    def add(self, name: str, script: str = "exit 0") -> None:
        program = self.bin / name
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(SCRIPT), *arguments],
            cwd=self.bin.parent,
            env={"PATH": str(self.bin)},
            capture_output=True,
            text=True,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.add("id", "echo 0")
    machine.add("apt-get", f'echo "$@" >> {machine.log}')
    machine.add("java", JAVA_17)
    return machine


def test_only_what_is_missing_is_installed_and_it_is_said(machine: Machine) -> None:
    machine.add("redis-server")
    machine.add("chromium")
    ended = machine.run("test-tools")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "aura: installing with apt-get: prometheus maven curl kcat chromium-driver" in ended.stderr
    assert machine.log.read_text().splitlines() == [
        "update -qq",
        "install -y -qq --no-install-recommends prometheus maven curl kcat chromium-driver",
    ]


def test_nothing_is_installed_where_nothing_is_missing(machine: Machine) -> None:
    for name in ("redis-server", "promtool", "mvn", "curl", "kcat", "chromium", "chromedriver"):
        machine.add(name)
    ended = machine.run("test-tools")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert not machine.log.exists()


def test_who_is_not_root_asks_sudo(machine: Machine) -> None:
    machine.add("id", "echo 1000")
    ended = machine.run("test-tools")
    assert ended.returncode == 1
    packages = "redis-server prometheus maven curl kcat chromium chromium-driver"
    assert f"is missing; install it: apt-get install {packages}" in ended.stderr
    machine.add("sudo", f'echo "sudo $@" >> {machine.log}; exec "$@"')
    assert machine.run("test-tools").returncode == 0
    assert machine.log.read_text().splitlines()[0] == "sudo apt-get update -qq"


def test_a_failing_apt_is_a_sentence(machine: Machine) -> None:
    machine.add("apt-get", "exit 100")
    ended = machine.run("test-tools")
    assert ended.returncode == 1
    assert "aura: apt-get update failed; install it: apt-get install redis-server prometheus maven" in ended.stderr


def test_the_service_of_a_package_that_is_wanted_for_a_tool_is_not_started(machine: Machine) -> None:
    machine.add("systemctl", f'echo "systemctl $@" >> {machine.log}')
    assert machine.run("test-tools").returncode == 0
    assert machine.log.read_text().splitlines()[:2] == ["update -qq", "systemctl mask --quiet prometheus.service"]


@pytest.mark.parametrize(
    ("java", "sentence"),
    [
        (None, "expected Java 17 or later on the PATH for Kafka, found none"),
        ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", 'found: openjdk version "11.0.2" 2019-01-15'),
        ("echo 'java version \"1.8.0_292\"' >&2", 'found: java version "1.8.0_292"'),
    ],
)
def test_a_missing_or_old_java_is_named(machine: Machine, java: str | None, sentence: str) -> None:
    (machine.bin / "java").unlink()
    if java is not None:
        machine.add("java", java)
    ended = machine.run("test-tools")
    assert ended.returncode == 1
    assert sentence in ended.stderr


def test_a_missing_or_old_python_is_named(machine: Machine) -> None:
    machine.add("python3", '[ "$1" = --version ] && { echo Python 3.9.2; exit 0; }; exit 1')
    ended = machine.run("venv")
    assert ended.returncode == 1
    assert "expected Python 3.11 or later on the PATH, found Python 3.9.2" in ended.stderr


def test_debians_missing_venv_package_is_installed(machine: Machine) -> None:
    # ensurepip is missing until apt-get was asked; making the environment itself then ends the trial.
    machine.add(
        "python3.11",
        f"""case "$*" in
            *ensurepip*) exit 1 ;;
            *print*) echo python3.11-venv ;;
            "-m venv"*) [ -s {machine.log} ]; exit 7 ;;
            *) exit 0 ;;
        esac""",
    )
    ended = machine.run("venv")
    assert ended.returncode == 7
    assert "Debian keeps that in a package of its own" in ended.stderr
    assert machine.log.read_text().splitlines()[-1] == "install -y -qq --no-install-recommends python3.11-venv"


def test_the_peers_packages_stand_beside_the_venv_and_replace_older_ones(machine: Machine) -> None:
    for name in ("cat", "mkdir", "mv", "rm"):
        machine.add(name, f'exec {shutil.which(name)} "$@"')
    here = machine.bin.parent
    ended = machine.run("peers")
    assert ended.returncode == 1
    assert "there is no .venv here; make install makes it" in ended.stderr
    (here / ".venv/bin").mkdir(parents=True)
    python = here / ".venv/bin/python"
    python.write_text('#!/bin/bash\nmkdir -p .aura/peers.new; echo "$@" > .aura/peers.new/asked\n')
    python.chmod(0o755)
    (here / ".aura/peers").mkdir(parents=True)
    (here / ".aura/peers/older").touch()
    ended = machine.run("peers")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert [path.name for path in (here / ".aura/peers").iterdir()] == ["asked"]
    asked = (here / ".aura/peers/asked").read_text()
    assert "--require-hashes --target .aura/peers.new -r infra/peers.lock" in asked


def test_an_unknown_wish_is_refused(machine: Machine) -> None:
    ended = machine.run("everything")
    assert ended.returncode == 1
    assert "expected venv, test-tools or peers, got 'everything'" in ended.stderr


def test_a_package_that_not_every_machine_can_have_is_marked_so_in_the_lock() -> None:
    # "uv pip compile" leaves markers out: put this one back after renewing the lock.
    lock = (SCRIPT.parent / "requirements.lock").read_text()
    (line,) = [line for line in lock.splitlines() if line.startswith("atheris==")]
    assert "; sys_platform == 'linux' and platform_machine == 'x86_64' and python_version < '3.14'" in line
