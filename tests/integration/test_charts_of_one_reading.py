"""Charts of one reading: what is fetched, kept and handed over, over a real server of charts."""

import os
from pathlib import Path

import pytest

from fleet.bundler.charts import ChartCache, ChartCredentials, ChartFetcher, ChartLoader
from fleet.bundler.charts.cache import Access
from fleet.bundler.domain.chartneeds import ChartNeed
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Mode
from fleet.bundler.errors import ChartsLost
from fleet.bundler.pool import ReaderPool
from support.bombs import MIB
from support.chart_repository import packed_chart, serving_charts


def test_accesses_are_forgotten_beyond_a_number(tmp_path: Path) -> None:
    cache = ChartCache(tmp_path, notes=10)
    for number in range(30):
        cache.remember(f"http://host/{number}", "", Access(cache.put(b"archive")))

    assert cache.access("http://host/29", "") is not None
    assert len(list((tmp_path / "accesses").iterdir())) <= 11


async def test_charts_beyond_the_bound_are_refused_in_the_order_of_asking(tmp_path: Path) -> None:
    with serving_charts() as server:
        for name, size in {"a": 30, "b": 30, "c": 30, "d": 1}.items():
            server.files[f"/{name}.tar"] = os.urandom(size * MIB)
        needs = [ChartNeed("", "", f"{server.url}/{name}.tar", "") for name in "abcd"]
        async with ReaderPool(size=1) as pool:
            cache = ChartCache(tmp_path / "charts")
            async with ChartFetcher(cache=cache, git=tmp_path / "git", choose=pool.choose) as fetcher:
                loader = ChartLoader(fetcher, ChartCredentials(), workspace="fleet-default")
                await loader.fetch(needs[:2])
                await loader.fetch(needs[2:])

                ready = loader.ready(needs)
                assert ready is not None
                refused = [one.error.partition(" bytes of charts")[0] for one in ready]
                assert refused == ["", "", "more than 67108864", refused[3]]
                assert loader.ready([ChartNeed("", "", f"{server.url}/other.tar", "")]) is None


async def test_charts_that_do_not_stay_are_told_as_such(tmp_path: Path) -> None:
    class Forgetful(ChartCache):
        """A cache from which something else removes every archive at once."""

        def read(self, digest: str) -> None:
            return None

    async def contents(paths: object) -> dict[str, bytes]:
        return {path: files[path] for path in paths}

    with serving_charts() as server:
        server.files["/web.tgz"] = packed_chart("web", "1.0.0")
        files = {"app/fleet.yaml": f"helm:\n  chart: {server.url}/web.tgz\n".encode()}
        async with ReaderPool(size=1) as pool:
            cache = Forgetful(tmp_path / "charts")
            async with ChartFetcher(cache=cache, git=tmp_path / "git", choose=pool.choose) as fetcher:
                charts = ChartLoader(fetcher, ChartCredentials(), workspace="fleet-default")
                with pytest.raises(ChartsLost, match="gone from the cache each time"):
                    await pool.read(dict.fromkeys(files, Mode.FILE), contents, Order(name="web"), charts)
