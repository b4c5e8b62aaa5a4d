"""Helm as its users have it: every command is a process of its own, and nobody told the agent.

Run as a program it is that process: `python helm.py KUBECONFIG NAMESPACE METHOD ARGUMENTS`, the arguments
a JSON list of positional ones and an object of others; it prints what the SDK's method gives as JSON.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.agent.adapters.program_name import HELM_MANAGER, name_program

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class HelmUser:
    """Somebody with a kubeconfig and Helm."""

    kubeconfig: Path

    async def __call__(self, method: str, *arguments: Any, namespace: str, **options: Any) -> Any:
        """Run a method of the SDK's `Config` in a new process and give what it gave."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, str(self.kubeconfig), namespace, method),
            json.dumps([arguments, options]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
        assert process.returncode == 0, f"helm {method} {arguments}: {err.decode()}"
        return json.loads(out)


def main() -> None:
    """Be one command of Helm."""
    name_program(HELM_MANAGER)  # as the program `helm` is named, which decides who manages a field
    import helm_python

    kubeconfig, namespace, method, given = sys.argv[1:]
    arguments, options = json.loads(given)
    config = helm_python.Config(kubeconfig_path=kubeconfig, namespace=namespace)
    json.dump(getattr(config, method)(*arguments, **options), sys.stdout)


if __name__ == "__main__":
    main()
