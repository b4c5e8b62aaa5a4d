"""Composition root: what the targeter is made of."""

from fleet.runtime import Runtime, Settings, run
from fleet.targeter.service import NAME, Targeter
from fleet.vault import Keyring


async def serve(runtime: Runtime) -> None:
    """Put the service together and let it work until it is told to end."""
    keyring = Keyring.open(runtime.settings.keys)
    await Targeter(bus=runtime.bus, keyring=keyring, health=runtime.health).run()


def main() -> None:
    """Run the service."""
    run(NAME, serve, Settings())
