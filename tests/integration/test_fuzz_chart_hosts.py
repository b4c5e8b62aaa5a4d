"""Mutated chart hosts over real HTTP: each commit that names them is a bundle or a clear error, in time.

Archives, indexes and redirects of two servers are mutated, and the trees that name them; URLs stay on the
loopback. What a folder of fleet.yaml may give to one server is never given to the other.
"""

import asyncio
import base64
import random
import re
from collections import Counter
from pathlib import Path

from fleet.bundler.charts import ChartAuth, ChartCache, ChartCredentials, ChartFetcher, ChartLoader
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.order import Order
from fleet.bundler.domain.tree import Mode
from fleet.bundler.pool import ReaderPool
from support.chart_fuzz import SECRET, served, tree_files
from support.chart_repository import PAIR, ChartServer, names_in, serving_charts
from support.fuzz import refusal
from support.trees import a_tree

COMMITS = 120
SECONDS = 30.0
ORDER = Order(name="web", targets=({"clusterGroup": "default"},))
HEADER = "Basic " + base64.b64encode(":".join(PAIR).encode()).decode()
RULES = (  # as `refusal` says them, without numbers
    "the chart could not be fetched",
    "the chart cannot be unpacked",
    "no chart",
    "a repository begins with http",
)


def places(rng: random.Random, home: ChartServer, other: ChartServer) -> list[str]:
    """URLs of the two servers, some of them with passwords or with what is none of a URL."""
    hosts = [home.url, home.url, other.url, other.url.replace("127.0.0.1", "localhost")]
    paths = (
        "",
        "/",
        "/web",
        "/web-1.0.0.tgz",
        "/a.zip",
        "//x",
        "/no",
        "/web-1.0.0.tgz//web",
        "/%2e%2e/web",
        "/a b",
    )
    ends = ("", "", "", "?archive=zip", "?checksum=md5:00", "?a=%zz", "#x")
    users = (
        "",
        "",
        "",
        f"user:{SECRET}@",
        f"user:p@{SECRET}/x@",
        f"user:{SECRET}%40@",
        f"127.0.0.1:{SECRET}@",
        "@",
    )
    found = [rng.choice(hosts).replace("://", f"://{rng.choice(users)}") for _ in range(4)]
    found = [url + rng.choice(paths) + rng.choice(ends) for url in found]
    odd = ("http://[::1]:1/x", "http://127.0.0.1:1", "oci://127.0.0.1:1/c", "http://127.0.0.1:0", "http://[")
    return [
        *found,
        home.url,
        rng.choice((*odd, "git::http://127.0.0.1:1/r", "file:///etc/passwd", "../../x")),
    ]


class Reading:
    """Reads commits as the bundler does, and says what became of each."""

    def __init__(self, pool: ReaderPool, fetcher: ChartFetcher, home: ChartServer) -> None:
        self._pool = pool
        self._fetcher = fetcher
        self._credentials = ChartCredentials(ChartAuth(*PAIR), url_regex=re.escape(f"{home.url}/"))

    async def outcome(self, files: dict[str, bytes]) -> str:
        """`bundle`, or which clear error."""

        async def contents(paths: object) -> dict[str, bytes]:
            return {path: files[path] for path in paths}

        charts = ChartLoader(self._fetcher, self._credentials, workspace="fleet-default")
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._pool.read(dict.fromkeys(files, Mode.FILE), contents, ORDER, charts)
        except BadInput as refused:
            error = refused
        else:
            assert all(names_in(taken) for taken in answer.taken if taken.bundle is not None)
            return "bundle"
        assert not [password for password in (SECRET, PAIR[1]) if password in str(error)], files
        return refusal(a_tree(files), error)


async def test_mutated_hosts_give_a_bundle_or_a_clear_error_and_passwords_go_where_they_belong(
    tmp_path: Path,
) -> None:
    rng = random.Random(7)
    counts: Counter[str] = Counter()
    with serving_charts() as home, serving_charts() as other:
        async with (
            ReaderPool(size=1) as pool,
            ChartFetcher(
                cache=ChartCache(tmp_path / "charts"), git=tmp_path / "git", choose=pool.choose, seconds=5.0
            ) as fetcher,
        ):
            reading = Reading(pool, fetcher, home)
            for _ in range(COMMITS):
                urls = places(rng, home, other)
                home.files, other.files = served(rng, urls), served(rng, urls)
                counts[await reading.outcome(tree_files(rng, urls))] += 1

    said = "\n".join(f"{n:6} {kind}" for kind, n in counts.most_common())
    assert COMMITS * 0.1 < counts["bundle"] < COMMITS * 0.6, said
    assert [rule for rule in RULES if not any(rule in kind for kind in counts)] == [], said
    assert HEADER in {given for _, given in home.asked}
    assert HEADER not in {given for _, given in other.asked}
