"""The pool of reading processes: bounded in number and time, gone when idle, harmless when they die."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.reading import ReadBundle, read_tree, stored_form
from fleet.bundler.domain.tree import Mode
from fleet.bundler.errors import ReaderBroken, ReaderDied, ReadingTooLarge, ReadingTooSlow
from fleet.bundler.pool import ReaderPool
from support.trees import a_tree
from support.waiting import eventually

FILES = {"fleet.yaml": "namespace: web\n", "cm.yaml": "a: 1\n", "b/fleet.yaml": "", "b/c.yaml": "\u00e9"}
ORDER = Order(name="repo")


async def files(paths: Sequence[str]) -> Mapping[str, bytes]:
    return {path: FILES[path].encode() for path in paths}


async def read(pool: ReaderPool) -> list[ReadBundle]:
    return (await pool.read(dict.fromkeys(FILES, Mode.FILE), files, ORDER)).bundles


async def test_a_process_reads_the_same_as_a_call() -> None:
    async with ReaderPool() as pool:
        found = await read(pool)

    assert found == [stored_form(bundle) for bundle in read_tree(a_tree(FILES), ORDER).bundles]


async def test_bad_input_comes_out_with_its_place() -> None:
    async def broken(paths: Sequence[str]) -> Mapping[str, bytes]:
        return dict.fromkeys(paths, b"a: b\nhelm: []\n")

    async with ReaderPool() as pool:
        with pytest.raises(BadInput) as failure:
            await pool.read({"x/fleet.yaml": Mode.FILE, "x/a.yaml": Mode.FILE}, broken, ORDER)
        assert str(failure.value) == "x/fleet.yaml:2: helm: must be a map, is a list"
        assert (failure.value.path, failure.value.line, failure.value.field) == ("x/fleet.yaml", 2, "helm")
        assert await read(pool), "the process goes on"
        assert len(pool.pids) == 1


async def test_file_names_that_are_no_utf8_travel_unharmed() -> None:
    asked: list[str] = []

    async def strange(paths: Sequence[str]) -> Mapping[str, bytes]:
        asked.extend(paths)
        return dict.fromkeys(paths, b"")

    async with ReaderPool() as pool:
        with pytest.raises(BadInput, match="the name of the file is not UTF-8"):
            await pool.read({"\udcff.yaml": Mode.FILE}, strange, ORDER)
    assert asked == ["\udcff.yaml"]


async def test_no_process_runs_before_there_is_work_nor_long_after() -> None:
    async with ReaderPool(idle=0.2) as pool:
        assert pool.pids == ()
        await pool.warm()
        await pool.warm()
        assert len(pool.pids) == 1
        await read(pool)

        def none_is_left() -> bool:
            return pool.pids == ()

        await eventually(none_is_left)
        assert await read(pool), "a new one starts when there is work again"


async def test_work_is_done_side_by_side_up_to_the_size_of_the_pool() -> None:
    together, release = 0, asyncio.Event()

    async def slow(paths: Sequence[str]) -> Mapping[str, bytes]:
        nonlocal together
        together += 1
        await release.wait()
        return await files(paths)

    async with ReaderPool(size=2) as pool, asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(pool.read(dict.fromkeys(FILES, Mode.FILE), slow, ORDER))

        def two_are_at_it() -> bool:
            return together == 2

        await eventually(two_are_at_it)
        assert len(pool.pids) == 2
        release.set()


async def test_a_reading_that_hangs_ends_at_its_deadline_and_costs_one_process() -> None:
    async def never(_: Sequence[str]) -> Mapping[str, bytes]:
        await asyncio.Event().wait()
        raise AssertionError

    async with ReaderPool(size=2, deadline=2.0) as pool:
        stuck = asyncio.create_task(pool.read(dict.fromkeys(FILES, Mode.FILE), never, ORDER))
        assert await read(pool), "others pass it"
        assert not stuck.done()
        with pytest.raises(ReadingTooSlow, match="longer than 2 s"):
            await stuck
        assert len(pool.pids) == 1


async def test_a_process_that_is_killed_in_the_middle_is_an_error_and_replaced() -> None:
    async with ReaderPool() as pool:

        async def fatal(_: Sequence[str]) -> Mapping[str, bytes]:
            os.kill(pool.pids[0], signal.SIGKILL)
            return await files(_)

        # 255 is what asyncio says where somebody else was quicker to collect the process
        with pytest.raises(ReaderDied, match=r"ended with code (-9|255)"):
            await pool.read(dict.fromkeys(FILES, Mode.FILE), fatal, ORDER)
        assert await read(pool)


async def test_a_fault_of_ours_is_told_with_its_place_and_without_a_value() -> None:
    impossible = Order(name="repo", paths=(5, "secret"))  # type: ignore[arg-type]  # what no GitRepo gives
    async with ReaderPool() as pool:
        with pytest.raises(ReaderBroken, match="AttributeError at ") as failure:
            await pool.read(dict.fromkeys(FILES, Mode.FILE), files, impossible)
        assert "secret" not in str(failure.value)
        assert await read(pool)


async def test_a_reading_that_is_cancelled_leaves_no_process_behind() -> None:
    started = asyncio.Event()

    async def never(_: Sequence[str]) -> Mapping[str, bytes]:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with ReaderPool() as pool:
        task = asyncio.create_task(pool.read(dict.fromkeys(FILES, Mode.FILE), never, ORDER))
        await started.wait()
        (pid,) = pool.pids
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool.pids == ()
        assert not Path(f"/proc/{pid}").exists()


async def test_a_reader_ends_with_the_service_that_started_it(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        textwrap.dedent(
            """
            import asyncio
            from fleet.bundler.pool import ReaderPool

            async def main():
                async with ReaderPool() as pool:
                    await pool.warm()
                    print(pool.pids[0], flush=True)
                    await asyncio.Event().wait()

            asyncio.run(main())
            """
        )
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(program), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()

    def is_gone() -> bool:
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"

    await eventually(is_gone)


async def test_a_reader_in_the_middle_of_its_work_ends_with_a_service_that_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(
        textwrap.dedent(
            """
            import asyncio
            from fleet.bundler.domain.order import Order
            from fleet.bundler.domain.tree import Mode
            from fleet.bundler.pool import ReaderPool

            LONG = b"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata:\\n" + b"".join(
                b"  a%d: [{b: c}]\\n" % n for n in range(40_000)
            )

            async def main():
                async with ReaderPool() as pool:
                    async def files(paths):
                        print(pool.pids[0], flush=True)
                        return dict.fromkeys(paths, LONG)

                    many = {f"{n}/fleet.yaml": Mode.FILE for n in range(60)}
                    await pool.read(many, files, Order(name="a"))

            asyncio.run(main())
            """
        )
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(program), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())

    def works() -> bool:
        return _processor_ticks(pid) > began + 5

    began = _processor_ticks(pid)
    await eventually(works)
    parent.kill()
    await parent.wait()

    def is_gone() -> bool:
        stat = Path(f"/proc/{pid}/stat")
        return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"

    await eventually(is_gone, within=2.0)


def _processor_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11])


async def test_a_reading_that_needs_too_much_memory_says_so_and_costs_one_process() -> None:
    async def huge(paths: Sequence[str]) -> Mapping[str, bytes]:
        return dict.fromkeys(paths, b"a" * (600 << 20))

    async with ReaderPool() as pool:
        with pytest.raises(ReadingTooLarge, match="more than 512 MiB"):
            await pool.read({"a/a.yaml": Mode.FILE}, huge, ORDER)
        assert pool.pids == ()
        assert await read(pool)


async def test_the_reading_process_has_no_environment_to_find_secrets_in() -> None:
    async with ReaderPool() as pool:
        await pool.warm()
        environment = Path(f"/proc/{pool.pids[0]}/environ").read_bytes().split(b"\0")

    assert {entry.split(b"=")[0] for entry in environment if entry} <= {b"PATH", b"LC_ALL"}
