"""Where an agent has the entries of a manifest from."""

import pytest

from fleet.agent.adapters.hub import Hub
from fleet.agent.content import Content
from fleet.agent.domain.identity import Identity
from fleet.agent.manifests import Entries
from fleet.events import DeploymentTargeted, Entry, manifest_digest
from fleet.vault.nkey import NkeyPair


@pytest.fixture
def entries() -> Entries:
    """Those of an agent that has no connection, so that nothing can be asked for."""
    identity = Identity(
        server="nats://127.0.0.1:1",
        workspace="fleet-default",
        cluster="edge",
        uid="u1",
        seed=NkeyPair.generate().seed,
        mac_key="00" * 32,
        encryption_key="00" * 32,
    )
    return Entries(content=Content(hub=Hub(identity=identity)), cluster="edge")


def an_entry(bundle: str) -> Entry:
    return Entry(
        namespace="fleet-default",
        bundle=bundle,
        bundle_uid=f"uid-{bundle}",
        deployment_id=f"s-{bundle}:0",
        content=f"content-{bundle}",
        options="options",
    )


def a_manifest(*bundles: str, inline: str, generation: int = 1) -> DeploymentTargeted:
    named = {entry.digest(): entry for entry in map(an_entry, bundles)}
    return DeploymentTargeted(
        workspace="fleet-default",
        cluster="edge",
        uid="u1",
        epoch=1,
        generation=generation,
        digest=manifest_digest(tuple(named)),
        entries=tuple(named),
        inline={digest: entry for digest, entry in named.items() if entry.bundle == inline},
    )


async def bundles_of(entries: Entries, manifest: DeploymentTargeted) -> tuple[list[str], bool]:
    found, complete = await entries.resolve(manifest, lambda: None)
    return [entry.bundle for entry in found.values()], complete


async def test_an_entry_that_cannot_be_had_is_left_out_and_that_is_told(entries: Entries) -> None:
    assert await bundles_of(entries, a_manifest("one", "two", inline="two")) == (["two"], False)


async def test_what_a_manifest_brought_is_known_when_the_next_one_is_acted_on(
    entries: Entries,
) -> None:
    entries.learn(a_manifest("one", inline="one"))
    assert await bundles_of(entries, a_manifest("one", "two", inline="two", generation=2)) == (
        ["one", "two"],
        True,
    )
