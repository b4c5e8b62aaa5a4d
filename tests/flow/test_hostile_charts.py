"""Repositories whose charts are bombs, on a hub: each is told what is wrong with its own, and others pass."""

import asyncio
import gzip
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

from fleet.bundler.pool import SIZE
from support.archive_bombs import a_million_entries, header, tar, zeros_of, zipped_zeros
from support.bombs import GIB, MIB
from support.bundling import workshop
from support.chart_repository import packed_chart, serving_charts
from support.footprint import watched, written_by
from support.processes import running_program

MEMORY = (SIZE + 1) * 200 * MIB
"""For as many readings as may go on at the same time, and the broker and the bundler."""

OF_LARGE_CHARTS = (SIZE + 1) * 250 * MIB
"""Each reading has all that it may fetch, and two charts unpacked; the service has one archive for each."""

BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zeros": ("tgz", lambda: zeros_of(GIB, gzip.compress), "more than 67108864 bytes are unpacked together"),
    "zip": ("zip", zipped_zeros, "more than 67108864 bytes are unpacked together"),
    "entries": ("tgz", a_million_entries, "more than 20000 entries are unpacked together"),
    "up": ("tar", lambda: tar(header("../x.yaml")), "../x.yaml: its path leads out of the archive"),
    "absolute": ("tar", lambda: tar(header("/etc/x")), "/etc/x: its path is absolute"),
    "device": ("tar", lambda: tar(header("sda", kind=tarfile.BLKTYPE)), "sda: it is a device"),
    "link": ("tar", lambda: tar(header("a", kind=tarfile.SYMTYPE, link="../x")), "a: it links out of"),
    "large": ("tar", lambda: os.urandom(48 * MIB), "more than 33554432 bytes, which is the most"),
}


async def test_bombs_are_told_on_their_own_repository_while_others_are_read(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        with serving_charts() as charts:
            charts.files["/good.tgz"] = packed_chart("good", "1.0.0")
            for name, (ending, make, _) in BOMBS.items():
                charts.files[f"/{name}.{ending}"] = make()
            sizes = sum(len(data) for data in charts.files.values())
            folder = tmp_path / "bundler"
            async with running_program(folder, "-m", "fleet.bundler", settings=shop.environment) as bundler:
                with watched(os.getpid()) as everything:
                    for name, (ending, _, _) in BOMBS.items():
                        files = {"app/fleet.yaml": f"helm:\n  chart: {charts.url}/{name}.{ending}\n"}
                        repository = shop.repository(name)
                        await shop.deliver(repository, name, repository.commit(files))
                    good = shop.repository("good")
                    files = {"app/fleet.yaml": f"helm:\n  chart: {charts.url}/good.tgz\n"}
                    await shop.read("good", await shop.deliver(good, "good", good.commit(files)))
                    for name, (_, _, words) in BOMBS.items():
                        await shop.says(name, "app/fleet.yaml:2: helm.chart: the chart ", words)
                written = written_by(bundler.process.pid)
                assert bundler.process.returncode is None

        assert set(await shop.rendered()) == {"good-app"}
        assert everything.memory < MEMORY, f"{everything.memory // MIB} MiB"
        assert written < sizes + 8 * MIB, f"{written} of {sizes}"


async def test_many_large_charts_of_many_repositories_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    words = "more than 67108864 bytes of charts are fetched for the repository together"
    charts_of_each, names = 8, ["one", "two", "three", "four", "five"]
    async with workshop(tmp_path) as shop:
        with serving_charts() as charts:
            for number in range(charts_of_each):
                charts.files[f"/large{number}.tar"] = tar(
                    header("x/noise", size=30 * MIB), os.urandom(30 * MIB)
                )
            files = {
                f"app{number:02}/fleet.yaml": f"helm:\n  chart: {charts.url}/large{number}.tar\n"
                for number in range(charts_of_each)
            }
            async with running_program(tmp_path, "-m", "fleet.bundler", settings=shop.environment) as bundler:
                with watched(os.getpid()) as everything:
                    repositories = [shop.repository(name) for name in names]
                    commits = [repository.commit(files) for repository in repositories]
                    async with asyncio.TaskGroup() as tasks:
                        for name, repository, commit in zip(names, repositories, commits, strict=True):
                            tasks.create_task(shop.deliver(repository, name, commit))
                    for name in names:
                        await shop.says(name, "app02/fleet.yaml:2: helm.chart: the chart ", words)
                assert bundler.process.returncode is None
    assert everything.memory < OF_LARGE_CHARTS, f"{everything.memory // MIB} MiB"
