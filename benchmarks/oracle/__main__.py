"""python -m benchmarks.oracle target|partitions|names

Reads `{"id", "input"}` a line on standard input and prints `{"id", "output"}` a line, through the functions
that the targeter itself calls. An input that cannot be used gives `{"error"}` for its output.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import orjson
from benchmarks.oracle import names, partitions, target

from fleet.targeter.domain.errors import TargetingError

PREFIX = "targeting error: "
FUNCTIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "names": names.answer,
    "partitions": partitions.answer,
    "target": target.answer,
}


def main() -> int:
    """Answer every line; the exit code is always 0, errors stand in the outputs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oracle")
    parser.add_argument("function", choices=sorted(FUNCTIONS))
    answer = FUNCTIONS[parser.parse_args().function]
    for line in sys.stdin.buffer:
        if line.strip():
            asked = orjson.loads(line)
            said = {"id": asked["id"], "output": answered(answer, asked["input"])}
            sys.stdout.buffer.write(orjson.dumps(said) + b"\n")
    return 0


def answered(answer: Callable[[Any], dict[str, Any]], asked: Any) -> dict[str, Any]:
    """The output for one input."""
    try:
        return answer(asked)
    except TargetingError as error:
        return {"error": str(error).removeprefix(PREFIX)}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return {"error": f"the input cannot be used: {type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.exit(main())
