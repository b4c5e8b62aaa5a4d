"""Helm's releases, read from the Secrets that Helm keeps them in, without Helm."""

from collections.abc import Callable

from fleet.agent.adapters.cluster import FIELD_MANAGER
from fleet.agent.domain.objects import Object
from fleet.agent.domain.releases import (
    SELECTOR,
    ReleaseName,
    Revision,
    deployed_patch,
    entry_patch,
    failed_patch,
    newest,
    read_revision,
)
from fleet.kube import KubeClient

_PAGE = 50


class ReleaseStore:
    """The releases of one cluster. Every method raises KubeError when the cluster refuses."""

    def __init__(self, *, kube: KubeClient) -> None:
        self._kube = kube

    async def ours(self) -> dict[ReleaseName, Revision]:
        """The last revision of every release that an agent made."""
        found: list[Revision] = []
        async for page in self._kube.iter_pages("v1", "Secret", labels=SELECTOR, size=_PAGE):
            revisions = (read_revision(secret) for secret in page.items)
            found += newest(revision for revision in revisions if revision is not None).values()
        return {name: revision for name, revision in newest(found).items() if revision.marks is not None}

    async def history(self, release: ReleaseName) -> list[Revision]:
        """All revisions of one release, oldest first."""
        listing = await self._kube.list(
            "v1", "Secret", namespace=release.namespace, labels=f"{SELECTOR},name={release.name}"
        )
        revisions = (read_revision(secret) for secret in listing.items)
        return sorted((one for one in revisions if one is not None), key=lambda one: one.number)

    async def mark_failed(self, revision: Revision, reason: str) -> None:
        """Turn a revision that was left pending into a failed one, so that Helm goes on from it."""
        await self._change(revision, lambda secret: failed_patch(secret, reason))

    async def mark_deployed(self, revision: Revision) -> None:
        """Turn a superseded revision into the deployed one again, after a correction that failed."""
        await self._change(revision, deployed_patch)

    async def mark_entry(self, revision: Revision, entry: str) -> None:
        """Write down which entry of the manifest a revision was found equal to."""
        await self._change(revision, lambda secret: entry_patch(secret, entry))

    async def drop(self, revision: Revision) -> None:
        """Delete one revision."""
        await self._kube.delete("v1", "Secret", revision.secret, namespace=revision.release.namespace)

    async def forget(self, release: ReleaseName) -> None:
        """Delete a release's history and nothing else: its objects stay."""
        for revision in await self.history(release):
            await self.drop(revision)

    async def _change(self, revision: Revision, patch: Callable[[Object], Object]) -> None:
        namespace = revision.release.namespace
        secret = await self._kube.get("v1", "Secret", revision.secret, namespace=namespace)
        change = patch(secret)
        change.setdefault("metadata", {})["resourceVersion"] = secret["metadata"]["resourceVersion"]
        await self._kube.patch(
            "v1", "Secret", revision.secret, change, field_manager=FIELD_MANAGER, namespace=namespace
        )
