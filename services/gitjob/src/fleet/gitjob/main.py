"""The composition root: what gitjob is made of."""

from fleet.gitjob.gate import Gate
from fleet.gitjob.question import Git
from fleet.gitjob.service import NAME, Gitjob
from fleet.runtime import Runtime, Settings, run
from fleet.vault import Keyring, SecretStore


async def work(runtime: Runtime) -> None:
    """Put gitjob together and let it work until it is told to end."""
    keyring = Keyring.open(runtime.settings.keys)
    secrets = SecretStore(runtime.settings.data / "secrets", keyring=keyring)
    git = Git(secrets=secrets, gate=Gate(), local=runtime.settings.local_repositories)
    await Gitjob(bus=runtime.bus, git=git, health=runtime.health).run()


def main() -> None:
    """Run gitjob."""
    run(NAME, work, Settings())
