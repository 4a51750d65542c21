"""``python -m infra``: the ``aura`` command for child processes, whatever is on the PATH."""

from infra.cli import main

main()
