"""The rendering process: Helm's templates, which may ask for any memory and time, away from the agent.

Go ends the whole process when memory runs out, and a template cannot be stopped. So what a bundle's author
wrote is only ever run here. Tasks and answers are JSON behind their length in four bytes; the process ends
when its standard input does.
"""

import base64
import json
import os
import resource
import struct
import sys
from collections import OrderedDict
from typing import IO, Any

LENGTH = struct.Struct(">I")

LARGEST = 64 << 20
"""Bytes that an answer may have; what Helm stores of a release is far smaller."""

_CONFIGS = 16
_Configs = OrderedDict[tuple[str, ...], Any]


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer one task after the other until the source ends."""
    configs: _Configs = OrderedDict()
    while len(prefix := source.read(LENGTH.size)) == LENGTH.size:
        answer = json.dumps(_answer(json.loads(source.read(LENGTH.unpack(prefix)[0])), configs)).encode()
        if len(answer) > LARGEST:
            answer = json.dumps({"large": True}).encode()
        sink.write(LENGTH.pack(len(answer)) + answer)
        sink.flush()


def _answer(task: dict[str, Any], configs: _Configs) -> dict[str, Any]:
    from helm_python import Chart, HelmError, HelmValuesError, _native

    _allow(task["seconds"])
    try:
        with Chart.load_archive(base64.b64decode(task["chart"])) as chart:
            if missing := _missing(chart):
                return {"missing": missing}
            text = _native.call_string(
                "helm_render_with_config",
                _config(task["config"], configs)._raw(),
                chart._raw(),
                task["values"],
                json.dumps(task["options"]),
            )
            return {"files": text, "crds": [[crd["name"], crd["data"]] for crd in chart.crds]}
    except HelmError as error:
        return {"error": str(error), "quotes_values": isinstance(error, HelmValuesError)}


def _missing(chart: Any) -> list[str]:
    """Helm checks this when it installs, but the chart that it installs has no dependencies any more."""
    there = {dependency.get("name") for dependency in chart.dependencies}
    declared = [dependency.get("name") for dependency in chart.metadata.get("dependencies") or []]
    return [str(name) for name in declared if name not in there]


def _config(given: dict[str, Any], configs: _Configs) -> Any:
    """One configuration per cluster, namespace and account, so that what is served is asked for once."""
    from helm_python import Config

    key = tuple(f"{name}={value}" for name, value in sorted(given.items()))
    if key not in configs:
        configs[key] = Config(**given)
    configs.move_to_end(key)
    if len(configs) > _CONFIGS:
        configs.popitem(last=False)
    return configs[key]


def _allow(seconds: float) -> None:
    """Let the kernel end this process if the task burns far more than its time; each task anew."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    processors = os.cpu_count() or 1
    limit = int(spent.ru_utime + spent.ru_stime + (1 + processors) * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    import helm_python  # noqa: F401 - loaded while the first task is still being made

    serve(sys.stdin.buffer, sys.stdout.buffer)
