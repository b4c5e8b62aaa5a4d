"""Which releases of ours are on the cluster, as last read or written."""

from fleet.agent.adapters.release_store import ReleaseStore
from fleet.agent.domain.marks import AGENT_NAMESPACE
from fleet.agent.domain.releases import ReleaseName, Revision


class Releases:
    """An index of this agent's own releases: read once, then kept up by whoever changes one."""

    def __init__(self, *, store: ReleaseStore) -> None:
        self._store = store
        self._present: dict[ReleaseName, Revision] = {}

    async def load(self) -> None:
        """Read all of them. Raises KubeError."""
        found = await self._store.ours()
        self._present = {name: revision for name, revision in found.items() if _is_ours(revision)}

    def all(self) -> list[Revision]:
        """The last known revision of each."""
        return list(self._present.values())

    def of(self, bundle: str) -> list[Revision]:
        """Those that a bundle made."""
        return [one for one in self._present.values() if one.marks and one.marks.bundle == bundle]

    def owner(self, release: ReleaseName) -> str:
        """The bundle that a release belongs to; empty when it is not ours."""
        revision = self._present.get(release)
        return revision.marks.bundle if revision and revision.marks else ""

    def put(self, revision: Revision) -> None:
        """A release was made or changed, or is about to be: what fails half-way is ours to remove too."""
        if _is_ours(revision):
            self._present[revision.release] = revision

    def drop(self, release: ReleaseName) -> None:
        """A release is gone."""
        self._present.pop(release, None)


def _is_ours(revision: Revision) -> bool:
    return revision.marks is not None and revision.marks.agent_namespace == AGENT_NAMESPACE
