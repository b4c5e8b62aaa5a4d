"""The reading process: pure computation over a pipe, without files, network, keys or secrets of its own.

It is told an order and the paths of a commit, asks for the files that it needs, and answers with the
bundles or with what is wrong. It ends when its standard input does.
"""

import resource
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from fleet.bundler import chartpipe, framing
from fleet.bundler.domain.chartneeds import ChartNeed, FetchedChart
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.listing import parse
from fleet.bundler.domain.reading import read_places, read_tree
from fleet.bundler.domain.tree import Loader, NotListed, Tree
from fleet.bundler.exchange import Task, answer_message, stopped_message, task_of, wrong_message


class _Files:
    """Files of the commit that is being read, asked for over the pipe."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink

    def by_path(self, ids: Mapping[str, str]) -> Loader:
        """What loads the files that have these ids; files with equal content are asked for once."""

        def load(paths: Sequence[str]) -> dict[str, bytes]:
            wanted = list(dict.fromkeys(ids[path] for path in paths))
            found = dict(zip(wanted, self._ask(wanted), strict=True))
            return {path: found[ids[path]] for path in paths}

        return load

    def _ask(self, ids: list[str]) -> list[bytes]:
        return _asked(self._source, self._sink, ({"need": ids}, []))[1]


class _Charts:
    """Charts that are in no commit, asked for over the pipe."""

    def __init__(self, source: IO[bytes], sink: IO[bytes]) -> None:
        self._source = source
        self._sink = sink

    def __call__(self, needs: Sequence[ChartNeed]) -> list[FetchedChart]:
        answer = _asked(self._source, self._sink, chartpipe.question(needs))
        return chartpipe.charts_of(answer, lambda: _answer(self._source))


def _asked(source: IO[bytes], sink: IO[bytes], question: framing.Message) -> framing.Message:
    """Ask the service, and wait for the answer."""
    _write(sink, *question)
    return _answer(source)


def _answer(source: IO[bytes]) -> framing.Message:
    answer = framing.read(source)
    if answer is None:
        raise SystemExit(0)  # nobody wants the result any more
    return answer


def _write(sink: IO[bytes], header: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write a message whole: time that runs out meanwhile has run out after it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    sink.writelines(framing.encode(header, blobs))
    sink.flush()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})


class _Late(BaseException):
    """The time of a task is over; no `except Exception` on the way stops it."""


class _Trees:
    """The tree that is being read, to say where it was when time or memory ran out."""

    def __init__(self) -> None:
        self._last: Tree | None = None

    def begin(self, tree: Tree) -> Tree:
        self._last = tree
        return tree

    def place(self) -> str:
        at = self._last.at if self._last else None
        return "" if at is None else at or "."


def _read(task: Task, files: _Files, charts: _Charts, trees: _Trees) -> framing.Message:
    modes, ids, sizes = parse(task.listing)
    ids[""] = task.root
    if task.places is not None:
        parts = frozenset(task.parts)
        tree = trees.begin(Tree(modes, files.by_path(ids), ids=ids, sizes=sizes, parts=parts))
        return answer_message(read_places(tree, task.order, task.places, charts=charts))
    tree = trees.begin(Tree(modes, files.by_path(ids), ids=ids, sizes=sizes))
    found = read_tree(tree, task.order, task.known, charts=charts)
    numbers = {one.place: number for number, one in enumerate(task.known)}
    return answer_message(found.taken, [numbers[one.place] for one in found.same], found.absent)


def _place(error: Exception) -> str:
    """Which error was raised where, without its text, which might repeat a value."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}, line {last.lineno} of {last.filename}"


@contextmanager
def _allowed(seconds: float) -> Iterator[None]:
    """Stop the block with _Late after this time; the kernel ends a process that burns far more."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(spent.ru_utime + spent.ru_stime + 2 * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
    signal.signal(signal.SIGALRM, _late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _late(_number: int, _frame: object) -> None:
    raise _Late


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Answer one task after the other until the source ends."""
    files, charts = _Files(source, sink), _Charts(source, sink)
    while (message := framing.read(source)) is not None:
        trees = _Trees()
        try:
            with _allowed(message[0]["seconds"]):
                if chartpipe.CHOOSE in message[0]:
                    answer = chartpipe.choice_made(message)
                else:
                    answer = _read(task_of(message), files, charts, trees)
        except BadInput as error:
            answer = wrong_message(error)
        except chartpipe.FetchFirst:
            answer = {chartpipe.LATER: True}, []
        except NotListed:
            answer = {"beyond": True}, []
        except MemoryError:
            answer = stopped_message("large", trees.place())
        except _Late:
            answer = stopped_message("slow", trees.place())
        except Exception as error:  # noqa: BLE001 - told to the service, and the next task is another one
            answer = {"broken": _place(error)}, []
        _write(sink, *answer)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
