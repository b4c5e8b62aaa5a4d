"""The gateway: content and entries for agents, each encrypted with the key of the cluster that asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from fleet.bus import Bus, BusError, Heard, Refused
from fleet.events import MAC_HEADER, DeploymentTargeted, EventError
from fleet.gateway.domain.errors import Denied, NotHere, NotNow, NotYours
from fleet.gateway.domain.questions import Asker, Question
from fleet.gateway.entries import Entries
from fleet.runtime import counter
from fleet.vault import ClusterKeys, Keyring, Tampered, WorkspaceKey

AT_ONCE = 32
"""Questions of one cluster at the same time; more are told to ask again, so that none crowds others out."""

_ANSWERS = counter("fleet_gateway_answers", "Questions of agents by the code of the answer.", "code")
_OK = 200
_log = structlog.get_logger("fleet.gateway")


class Gateway:
    """Answers an agent's questions about what its own manifest names, and nothing else."""

    def __init__(self, *, bus: Bus, keyring: Keyring, entries: Entries) -> None:
        self._bus = bus
        self._keyring = keyring
        self._entries = entries
        self._busy: Counter[Asker] = Counter()

    async def answer(self, heard: Heard) -> bytes:
        """Answer one question: number of chunks (4 bytes) and plaintext, encrypted to the cluster.

        Raises Refused with the code 400, 403, 404 or 503; the reason holds nothing of the content.
        """
        try:
            answer = await self._answer(heard)
        except Denied as denied:
            _ANSWERS.labels(denied.CODE).inc()
            raise Refused(heard.subject, denied.CODE, denied.reason) from denied
        except BusError as error:
            _ANSWERS.labels(NotNow.CODE).inc()
            _log.warning("content not reached", error=str(error))
            raise Refused(heard.subject, NotNow.CODE, "the hub's streams do not answer; ask again") from error
        _ANSWERS.labels(_OK).inc()
        return answer

    async def _answer(self, heard: Heard) -> bytes:
        asker, question = Asker.of(heard.subject), Question.read(heard.payload)
        with self._turn_of(asker):
            key = self._key_of(asker.workspace)
            manifest, keys = await self._present(asker, key)
            if question.entry is not None:
                return await self._entry(question.entry, manifest, key, keys)
            return await self._chunk(question, manifest, key, keys)

    async def _present(self, asker: Asker, key: WorkspaceKey) -> tuple[DeploymentTargeted, ClusterKeys]:
        """Read the manifest that holds now, and the keys of the cluster that it is for."""
        try:
            stored = await self._bus.last(
                DeploymentTargeted, workspace=asker.workspace, cluster=asker.cluster
            )
        except EventError as error:
            raise NotNow("the manifest cannot be read; it will be written again") from error
        if stored is None:
            raise NotHere("there is no manifest for this cluster")
        keys = key.cluster_keys(stored.event.uid)
        if not keys.verify(stored.subject, stored.raw, stored.envelope.headers.get(MAC_HEADER, "")):
            _log.error("manifest not signed", workspace=asker.workspace, cluster=asker.cluster)
            raise NotNow("the manifest is not signed by this hub; it will be written again")
        return stored.event, keys

    async def _entry(
        self, digest: str, manifest: DeploymentTargeted, key: WorkspaceKey, keys: ClusterKeys
    ) -> bytes:
        if digest not in manifest.entries:
            raise NotYours("the manifest does not name this entry; read it again")
        entry = await self._entries.one(digest, manifest, key)
        return keys.encrypt(_counted(1, entry.encode()), f"{digest}.0")

    async def _chunk(
        self, question: Question, manifest: DeploymentTargeted, key: WorkspaceKey, keys: ClusterKeys
    ) -> bytes:
        digest, namespace = str(question.digest), str(question.namespace)
        async for entry in self._entries.of(manifest, key):
            if question.is_answered_by(entry):
                break
        else:
            raise NotYours("the manifest names no such content; read it again")
        sealed = await self._bus.get_chunk(namespace, digest, question.n)
        if sealed is None:
            raise NotHere("this part of the content is not stored; read the manifest again")
        return keys.encrypt(self._opened(namespace, digest, question.n, sealed), f"{digest}.{question.n}")

    def _opened(self, namespace: str, digest: str, n: int, sealed: bytes) -> bytes:
        try:
            count, plaintext = self._key_of(namespace).open_chunk(digest, n, sealed)
        except Tampered as error:
            _log.error("content unusable", workspace=namespace, digest=digest, error=str(error))
            raise NotNow("the content does not open; it must be put again") from error
        return _counted(count, plaintext)

    def _key_of(self, workspace: str) -> WorkspaceKey:
        key = self._keyring.find(workspace)
        if key is None:
            raise NotHere("nothing was ever delivered in this workspace")
        return key

    @contextmanager
    def _turn_of(self, asker: Asker) -> Iterator[None]:
        if self._busy[asker] >= AT_ONCE:
            raise NotNow(f"{AT_ONCE} questions of this cluster are being answered; ask again")
        self._busy[asker] += 1
        try:
            yield
        finally:
            self._busy[asker] -= 1
            if not self._busy[asker]:
                del self._busy[asker]


def _counted(count: int, plaintext: bytes) -> bytes:
    return count.to_bytes(4, "big") + plaintext
