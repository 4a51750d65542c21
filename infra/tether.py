"""Child processes that do not outlive us, even when we are killed with no chance to stop them.

Run as a program (``tether.py PARENT_PID COMMAND ...``) this file asks the kernel for SIGTERM when the parent dies,
then becomes COMMAND. A program of its own, because Python code between fork and exec may deadlock in a process that
has threads. The request is Linux's (prctl(2), PR_SET_PDEATHSIG); elsewhere a child ends only when it is told to.
"""

import ctypes
import os
import signal
import subprocess
import sys
from typing import IO, Final

PR_SET_PDEATHSIG: Final = 1


def spawn(
    command: list[str], *, env: dict[str, str] | None = None, output: IO[bytes] | int | None = None
) -> subprocess.Popen[bytes]:
    """Start ``command`` tied to this process, standard output and error both to ``output``.

    It gets SIGTERM when the *thread* that calls this ends, so call it from one that lives as long as the child should.
    Ctrl-C does not reach it: it is in a session of its own, and whoever spawned it stops it in the right order.
    """
    return subprocess.Popen(
        [sys.executable, "-ISs", __file__, str(os.getpid()), *command],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes], timeout: float) -> None:
    """End ``process`` with SIGTERM, or with SIGKILL when it has not ended after ``timeout`` seconds. Reaps it."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606 - the command is the caller's, no shell reads it


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
