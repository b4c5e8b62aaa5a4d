"""A program run with another order of Python's sets, so that nothing may depend on it."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def printed_with_seed(
    command: Sequence[str | Path],
    seed: int,
    *,
    given: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """What a command prints, with `given` on its standard input; it must end well, and within a minute."""
    done = subprocess.run(
        command,
        input=given,
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": str(seed), **(env or {})},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout
