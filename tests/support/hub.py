"""The hub's side of a delivery: content, entries and manifests as bundler and targeter write them."""

from __future__ import annotations

from collections.abc import Iterable

from fleet.bus import Bus
from fleet.events import MAC_HEADER, DeploymentTargeted, Entry, manifest_digest
from fleet.vault import ClusterKeys, Keyring
from support.accounts import Party


class Hub:
    """Writes what agents read. A cluster's uid is made of its name."""

    def __init__(self, bus: Bus, keyring: Keyring) -> None:
        self.bus = bus
        self.keyring = keyring

    def uid(self, party: Party) -> str:
        """The uid of a party's cluster."""
        return f"uid-of-{party.cluster}"

    def keys(self, party: Party) -> ClusterKeys:
        """What the party got when it joined."""
        return self.keyring.workspace(party.workspace).cluster_keys(self.uid(party))

    async def content(self, plaintext: bytes, *, workspace: str = "fleet-default") -> str:
        """Seal and store content; return its digest."""
        blob = self.keyring.workspace(workspace).seal(plaintext)
        await self.bus.put_content(workspace, blob)
        return blob.digest

    async def entry(
        self, bundle: str, plaintext: bytes, options: bytes = b"{}", *, workspace: str = "fleet-default"
    ) -> Entry:
        """Make an entry whose content and options are stored."""
        content = await self.content(plaintext, workspace=workspace)
        return Entry(
            namespace=workspace,
            bundle=bundle,
            bundle_uid=f"uid-of-{bundle}",
            deployment_id=f"s-{content}:0",
            content=content,
            options=await self.content(options, workspace=workspace),
        )

    async def store(self, entry: Entry, party: Party) -> None:
        """Store an entry for those who do not find it inline."""
        blob = self.keyring.workspace(party.workspace).seal(entry.encode(), name=entry.digest())
        await self.bus.put_content(party.workspace, blob)

    def manifest(
        self, party: Party, entries: Iterable[Entry], *, generation: int, epoch: int = 1, inline: bool = True
    ) -> DeploymentTargeted:
        """Make the manifest that has these entries."""
        named = {entry.digest(): entry for entry in entries}
        return DeploymentTargeted(
            workspace=party.workspace,
            cluster=party.cluster,
            uid=self.uid(party),
            epoch=epoch,
            generation=generation,
            digest=manifest_digest(tuple(named)),
            entries=tuple(named),
            inline=named if inline else {},
        )

    def mac(self, manifest: DeploymentTargeted, party: Party) -> dict[str, str]:
        """The header that makes it genuine."""
        return {MAC_HEADER: self.keys(party).sign(manifest.subject(), manifest.encode())}

    async def target(
        self, party: Party, entries: Iterable[Entry], *, generation: int, inline: bool = True
    ) -> DeploymentTargeted:
        """Write a party's manifest."""
        manifest = self.manifest(party, entries, generation=generation, inline=inline)
        await self.bus.publish(manifest, source="targeter", headers=self.mac(manifest, party))
        return manifest
