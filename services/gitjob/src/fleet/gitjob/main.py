"""The composition root: settings, then the parts of gitjob, then work until told to end."""

from fleet.gitjob.gate import Gate
from fleet.gitjob.question import Git
from fleet.gitjob.service import NAME, Gitjob
from fleet.gitjob.settings import GitjobSettings
from fleet.runtime import Runtime, run
from fleet.vault import Keyring, SecretStore


def main() -> None:
    """Run gitjob."""
    settings = GitjobSettings()

    async def work(runtime: Runtime) -> None:
        keyring = Keyring.open(settings.keys)
        git = Git(
            secrets=SecretStore(settings.secrets, keyring=keyring),
            gate=Gate(),
            insecure_host_key=settings.insecure_skip_host_key_checks,
        )
        await Gitjob(bus=runtime.bus, git=git, health=runtime.health).run()

    run(NAME, work, settings)
