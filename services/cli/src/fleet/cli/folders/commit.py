"""Which commit a folder stands at."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SECONDS = 10


def head_of(folder: Path) -> str:
    """The commit of the git repository around a folder; empty where there is none, or no git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
