"""The composition root: what the bundler is made of."""

from fleet.bundler.charts import ChartCache, ChartFetcher
from fleet.bundler.declarations import Declarations
from fleet.bundler.guard import Guard
from fleet.bundler.pool import ReaderPool
from fleet.bundler.publisher import Publisher
from fleet.bundler.retries import Retries
from fleet.bundler.service import NAME, Bundler
from fleet.bundler.shelf import Shelf
from fleet.bundler.source import CommitSource
from fleet.bundler.views import ReadingViews
from fleet.runtime import Runtime, Settings, run
from fleet.vault import Keyring, SecretStore


async def work(runtime: Runtime) -> None:
    """Put the bundler together and let it work until it is told to end."""
    bus, data = runtime.bus, runtime.settings.data
    keyring = Keyring.open(runtime.settings.keys)
    secrets = SecretStore(data / "secrets", keyring=keyring)
    shelf = Shelf(bus)
    charts = ChartCache(data / "charts")
    async with (
        ReaderPool() as pool,
        ChartFetcher(cache=charts, git=data / "git", choose=pool.choose) as fetcher,
    ):
        source = CommitSource(
            cache=data / "git",
            secrets=secrets,
            keyring=keyring,
            pool=pool,
            charts=fetcher,
            local=runtime.settings.local_repositories,
        )
        bundler = Bundler(
            bus=bus,
            source=source,
            declarations=Declarations(bus=bus, keyring=keyring),
            shelf=shelf,
            publisher=Publisher(bus=bus, shelf=shelf, keyring=keyring, guard=Guard(bus=bus)),
            views=ReadingViews(bus=bus),
            retries=Retries(),
            health=runtime.health,
        )
        await bundler.run()


def main() -> None:
    """Run the bundler."""
    run(NAME, work, Settings())
