"""The reading process: pure computation over a pipe, without files, network, keys or secrets of its own.

It is told an order and the paths of a commit, asks for the files that it needs, and answers with the
bundles or with what is wrong. It ends when its standard input does.
"""

import resource
import sys
import traceback
from collections.abc import Sequence
from typing import IO, Any

from fleet.bundler import framing
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle, read_tree, stored_form
from fleet.bundler.domain.tree import Mode, Tree


class _Files:
    """Files of the commit that is being read, asked for over the pipe."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink

    def __call__(self, paths: Sequence[str]) -> dict[str, bytes]:
        _write(self._sink, {"need": list(paths)})
        answer = framing.read(self._source)
        if answer is None:
            raise SystemExit(0)  # nobody wants the result any more
        return dict(zip(paths, answer[1], strict=True))


def _write(sink: IO[bytes], header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    sink.writelines(framing.encode(header, blobs))
    sink.flush()


def _read(task: dict[str, Any], files: _Files) -> list[ReadBundle]:
    modes = {path: Mode(mode) for path, mode in task["modes"].items()}
    found = read_tree(Tree(modes, files), Order.from_json(task["order"]))
    return [stored_form(bundle) for bundle in found.bundles]


def _place(error: Exception) -> str:
    """Which error was raised where, without its text, which might repeat a value."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}, line {last.lineno} of {last.filename}"


def _allow(seconds: float) -> None:
    """Let the kernel end this process if the task burns far more than its time; each task anew."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime + 2 * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer one task after the other until the source ends."""
    files = _Files(source, sink)
    while (message := framing.read(source)) is not None:
        try:
            _allow(message[0]["seconds"])
            bundles = _read(message[0], files)
        except BadInput as error:
            wrong = {name: getattr(error, name) for name in ("reason", "path", "line", "field")}
            _write(sink, {"wrong": wrong})
            continue
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - told to the service, and the next task is another one
            _write(sink, {"broken": _place(error)})
            continue
        heads = [{"name": one.name, "labels": one.labels, "spec": one.spec} for one in bundles]
        _write(sink, {"bundles": heads}, [blob for one in bundles for blob in (one.manifest, one.options)])


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
