"""How fast repositories are read: by the command from cold, and by a hub from a push to the record.

    .venv/bin/python -m benchmarks.reading --json

One object a line: `id, value, unit, goal, peer, ratio`. `edit` is from the return of `git push` to a bare
repository on this machine until the record is stored, `edit.http` the same through git's http-backend.
Where Fleet's own program is on PATH (or named by FLEET_PEER) the same work is timed with it, and the ratio
is its time by ours. Times are medians.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import psutil

from fleet.bus import Bus
from fleet.events import BundleRendered, LookAsked, ObjectMeta, Resource, declare
from fleet.git.serve import serving

BIN = Path(sys.executable).parent
WORKSPACE, NAME = "fleet-default", "bench"
BUNDLES, FILES_EACH, FILE_BYTES = 1000, 10, 400
FILES_OF_ONE = 5000
DEADLINE_SECONDS = 60.0
CONFIG = """
listen: "127.0.0.1:-1"
ports_file_dir: "{folder}"
jetstream {{ store_dir: "{folder}/store", sync_interval: "1s", max_file_store: 1TB }}
"""
_WHO = ("-c", "user.name=Benchmark", "-c", "user.email=benchmark@example.com")

Files = Mapping[str, str]


def many_bundles() -> dict[str, str]:
    """1,000 folders with a fleet.yaml and nine objects each."""
    files = {}
    for bundle in range(BUNDLES):
        head = f"namespace: n{bundle}\nhelm:\n  values: {{number: {bundle}}}\n"
        files[f"b{bundle:04d}/fleet.yaml"] = padded(head)
        for number in range(FILES_EACH - 1):
            files[f"b{bundle:04d}/cm{number}.yaml"] = config_map(f"b{bundle}-{number}")
    return files


def one_bundle() -> dict[str, str]:
    """5,000 objects in fifty folders without a fleet.yaml."""
    return {f"d{number % 50}/cm{number}.yaml": config_map(str(number)) for number in range(FILES_OF_ONE)}


def config_map(name: str) -> str:
    """An object of 400 bytes."""
    return padded(f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c{name}\ndata:\n  x: '{name}'\n")


def padded(text: str) -> str:
    """The text as 400 bytes, with a comment."""
    return text + "#" * (FILE_BYTES - len(text) - 1) + "\n"


class Checkout:
    """A repository with a clone of it that commits are made in."""

    def __init__(self, root: Path, name: str, files: Files) -> None:
        self.bare, self.folder = root / f"{name}.git", root / name
        git("init", "-q", "--bare", "-b", "main", str(self.bare))
        git("init", "-q", "-b", "main", str(self.folder))
        git("remote", "add", "origin", str(self.bare), at=self.folder)
        self.push(files)

    def push(self, files: Files) -> str:
        """Commit and push; gives the commit."""
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        git("add", "--", *(files if len(files) < BUNDLES else ["."]), at=self.folder)
        git(*_WHO, "commit", "-qm", "Change", at=self.folder)
        sha = git("rev-parse", "HEAD", at=self.folder)
        git("push", "-q", "origin", "main", at=self.folder)
        return sha


def git(*arguments: str, at: Path | None = None) -> str:
    """Run git and give what it printed."""
    done = subprocess.run(["git", *arguments], cwd=at, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def environment(**more: str) -> dict[str, str]:
    """That of a user's machine, where Python keeps what it compiled."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | more


def command(program: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Read a folder with a `fleet`, ours or the other one, printing to a file."""
    with tempfile.TemporaryFile() as out:
        return subprocess.Popen(
            [program, "apply", "-o", "-", NAME, "."],
            cwd=folder,
            env=environment(),
            stdout=out,
            stderr=subprocess.DEVNULL,
        )


def seconds_of(program: Path, folder: Path, runs: int) -> float:
    """How long the command takes; the first run, which compiles, does not count."""
    found = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        with command(program, folder) as process:
            code = process.wait()
        found.append(time.perf_counter() - started)
        if code:
            raise SystemExit(f"{program} ended with code {code}")
    return statistics.median(found[1:])


def peak_of(program: Path, folder: Path) -> float:
    """The most memory that the command had at once with all its children, in MiB; a run of its own."""
    with command(program, folder) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            time.sleep(0.005)
    return peak


def memory_of(pid: int) -> float:
    """What a process tree has now, shared pages by their share (PSS), in MiB."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_full_info().pss
    return total / (1 << 20)


@contextlib.asynccontextmanager
async def hub(folder: Path) -> AsyncIterator[tuple[Bus, int]]:
    """A broker, gitjob and a bundler as processes; a connection, and the bundler's process id."""
    config = folder / "nats.conf"
    config.write_text(CONFIG.format(folder=folder))
    with started([str(BIN / "nats-server"), "-c", str(config)]) as server:
        ports = folder / f"nats-server_{server.pid}.ports"
        await until(lambda: ports.exists() and bool(ports.read_text()))
        url = json.loads(ports.read_text())["nats"][0]
        settings = {
            "FLEET_NATS_URL": url,
            "FLEET_DATA": str(folder / "data"),
            "FLEET_LOCAL_REPOSITORIES": "true",
            "FLEET_HTTP": "",
        }
        async with await Bus.connect(url, name="benchmark") as bus:
            await bus.ensure_streams()
            with (
                started([sys.executable, "-m", "fleet.gitjob"], **settings),
                started([sys.executable, "-m", "fleet.bundler"], **settings) as bundler,
            ):
                yield bus, bundler.pid


@contextlib.contextmanager
def started(words: list[str], **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block; what it says is thrown away."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, env=environment(**settings), stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.terminate()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; a minute at most."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - a file tells of no change
            await asyncio.sleep(0.01)


class Records:
    """The bundle records as they are stored."""

    def __init__(self, bus: Bus) -> None:
        self._feed = bus.follow(BundleRendered)

    async def whole(self, commit: str, count: int) -> float:
        """Wait until so many records of a commit are stored; gives the time of the last one."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for stored in self._feed:
                count -= stored.event.commit == commit
                if not count:
                    return time.perf_counter()
        raise AssertionError("the feed has no end")


async def pushes(folder: Path, checkout: Checkout, url: str, count: int) -> dict[str, float]:
    """Have a hub read the whole repository once, then commits that touch one of its bundles."""
    async with hub(folder) as (bus, bundler):
        records, peak = Records(bus), Peak(bundler)
        sha = git("rev-parse", "HEAD", at=checkout.folder)
        async with peak.watched():
            began = await declared(bus, url)
            first = await records.whole(sha, BUNDLES) - began
        times = []
        for number in range(count + 1):
            path = f"b{number * 37 % BUNDLES:04d}/cm3.yaml"
            text = config_map(f"{url[:4]}-{number}")
            sha = await asyncio.to_thread(checkout.push, {path: text})
            pushed = time.perf_counter()
            look = LookAsked(workspace=WORKSPACE, gitrepo=NAME)
            await bus.tell(look.subject(), look.encode(), headers={"ce-type": look.type_name()})
            times.append(await records.whole(sha, 1) - pushed)
            await asyncio.sleep(0.1)
    seconds = {"edit": statistics.median(times[1:]), "slowest": max(times[1:])}
    return {"first": first, "peak": peak.most, **seconds}


class Peak:
    """The most memory that a process tree has while it is watched, in MiB."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.most = 0.0

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Watch in the block, ten times a second."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            self.most = max(self.most, await asyncio.to_thread(memory_of, self._pid))
            await asyncio.sleep(0.1)


async def declared(bus: Bus, url: str) -> float:
    """Declare the GitRepo; gives when."""
    metadata = ObjectMeta(name=NAME, namespace=WORKSPACE, uid="")
    spec = {"repo": url, "branch": "main", "pollingInterval": "1h"}
    wanted = Resource(kind="gitrepo", metadata=metadata, spec=spec)
    record = declare(None, wanted, now=datetime.now(UTC), uid=str(uuid.uuid4()))
    assert record is not None
    began = time.perf_counter()
    await bus.publish(record, source="benchmark")
    return began


def peer() -> Path | None:
    """Fleet's own program: named by FLEET_PEER, or a `fleet` on PATH that is not ours."""
    named = os.environ.get("FLEET_PEER")
    folders = [folder for folder in os.get_exec_path() if Path(folder).resolve() != BIN.resolve()]
    found = named or shutil.which("fleet", path=os.pathsep.join(folders))
    if found is None or Path(found).read_bytes()[:4] != b"\x7fELF":
        return None
    return Path(found)


def line(name: str, value: float, unit: str, goal: float | None, other: float | None = None) -> None:
    """Print one result."""
    ratio = round(other / value, 2) if other else None
    shown = None if other is None else round(other, 3)
    result = {"id": name, "value": round(value, 3), "unit": unit, "goal": goal, "peer": shown, "ratio": ratio}
    print(json.dumps(result), flush=True)


def run(runs: int, edits: int) -> None:
    """Measure everything and print it."""
    ours, other = BIN / "fleet", peer()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        many, one = Checkout(root, "many", many_bundles()), Checkout(root, "one", one_bundle())
        for id, checkout, goal in (("cold", many, 1.3), ("one-bundle", one, 1.0)):
            theirs = seconds_of(other, checkout.folder, runs) if other else None
            line(id, seconds_of(ours, checkout.folder, runs), "s", goal, theirs)
            theirs = peak_of(other, checkout.folder) if other else None
            line(f"{id}.memory", peak_of(ours, checkout.folder), "MiB", 150, theirs)
        for hub_folder in ("hub", "hub-http"):
            (root / hub_folder).mkdir()
        found = asyncio.run(pushes(root / "hub", many, f"file://{many.bare}", edits))
        line("hub.first", found["first"], "s", None)
        line("hub.memory", found["peak"], "MiB", 150)
        line("edit", found["edit"] * 1000, "ms", 150)
        line("edit.slowest", found["slowest"] * 1000, "ms", None)
        with serving(root) as server:
            found = asyncio.run(pushes(root / "hub-http", many, server.url_of(many.bare.name), edits))
        line("edit.http", found["edit"] * 1000, "ms", None)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", action="store_true", help="the form that it always prints")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--edits", type=int, default=20)
    arguments = parser.parse_args()
    run(arguments.runs, arguments.edits)


if __name__ == "__main__":
    main()
