"""Composition root: what the bundler is made of."""

from fleet.bundler.pool import ReaderPool
from fleet.bundler.publisher import Publisher
from fleet.bundler.retries import Retries
from fleet.bundler.service import Bundler
from fleet.bundler.shelf import Shelf
from fleet.bundler.source import CommitSource
from fleet.bundler.views import ReadingViews
from fleet.runtime import Runtime, Settings, run
from fleet.vault import Keyring, SecretStore


async def serve(runtime: Runtime) -> None:
    """Put the service together and let it work until it is told to end."""
    keyring = Keyring.open(runtime.settings.keys)
    secrets = SecretStore(runtime.settings.data / "secrets", keyring=keyring)
    shelf = Shelf(runtime.bus)
    async with ReaderPool() as pool:
        bundler = Bundler(
            bus=runtime.bus,
            source=CommitSource(cache=runtime.settings.data / "git", secrets=secrets, pool=pool),
            shelf=shelf,
            publisher=Publisher(bus=runtime.bus, shelf=shelf, keyring=keyring),
            views=ReadingViews(bus=runtime.bus),
            retries=Retries(),
            health=runtime.health,
        )
        await bundler.run()


def main() -> None:
    """Run the service."""
    run("bundler", serve, Settings())
