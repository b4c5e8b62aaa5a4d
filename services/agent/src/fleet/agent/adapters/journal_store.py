"""The agent's own state, in a Secret of the cluster that it is about."""

import asyncio
import base64

from fleet.agent.adapters.cluster import FIELD_MANAGER
from fleet.agent.domain.acceptance import Floor
from fleet.agent.domain.journal import Begun, Journal, read_journal
from fleet.agent.domain.marks import AGENT_NAMESPACE
from fleet.agent.domain.releases import ReleaseName, Revision
from fleet.kube import Conflict, KubeClient, NotFound

SECRET = "fleet-agent-state"  # noqa: S105 - a name
_KEY = "state"


class JournalStore:
    """Keeps the journal. Changes that come while one is being written are written together.

    `advance` and `begin` return when their change is stored; they raise KubeError when it is not.
    """

    def __init__(self, *, kube: KubeClient) -> None:
        self._kube = kube
        self._journal = Journal()
        self._writing = asyncio.Lock()
        self._stored = Journal()
        self._has_namespace = False

    @property
    def floor(self) -> Floor:
        """The newest manifest that was accepted."""
        return self._journal.floor

    def was_begun(self, revision: Revision) -> bool:
        """Whether this revision is what an operation of this agent was to make, or to remove."""
        begun = self._journal.begun.get(str(revision.release))
        if begun is None:
            return False
        return begun.revision == revision.number or (begun.operation == "uninstall" and not revision.pending)

    async def load(self) -> None:
        """Read the journal; an empty one where there is none. Raises KubeError."""
        try:
            secret = await self._kube.get("v1", "Secret", SECRET, namespace=AGENT_NAMESPACE)
        except NotFound:
            return
        data = (secret.get("data") or {}).get(_KEY, "")
        self._journal = self._stored = read_journal(base64.b64decode(data))
        self._has_namespace = True

    async def advance(self, floor: Floor) -> None:
        """Never accept anything older than this from now on."""
        self._journal = Journal(floor, self._journal.begun)
        await self._store()

    async def begin(self, release: ReleaseName, operation: str, revision: int) -> None:
        """Note an operation, and the revision that it is to make, before it starts."""
        begun = {**self._journal.begun, str(release): Begun(operation, revision)}
        self._journal = Journal(self._journal.floor, begun)
        await self._store()

    def end(self, release: ReleaseName) -> None:
        """Note that an operation has ended; stored with the next change or `flush`."""
        begun = {key: value for key, value in self._journal.begun.items() if key != str(release)}
        self._journal = Journal(self._journal.floor, begun)

    async def flush(self) -> None:
        """Store what is not stored yet, if anything."""
        await self._store()

    async def _store(self) -> None:
        async with self._writing:
            journal = self._journal
            if journal == self._stored:
                return
            await self._write(journal)
            self._stored = journal

    async def _write(self, journal: Journal) -> None:
        if not self._has_namespace:
            await self._make_namespace()
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, "namespace": AGENT_NAMESPACE},
            "type": "Opaque",
            "data": {_KEY: base64.b64encode(journal.encode()).decode()},
        }
        await self._kube.apply(secret, field_manager=FIELD_MANAGER, force=True)

    async def _make_namespace(self) -> None:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": AGENT_NAMESPACE}}
        try:
            await self._kube.create(namespace, field_manager=FIELD_MANAGER)
        except Conflict as error:
            if not error.exists:
                raise
        self._has_namespace = True
