"""Bundles that people declare: in clear as they wrote them, or with files and options sealed by a command."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import orjson

from fleet.bundler.domain.declared import CONTENT, OPTIONS, declared_bundle, whole_spec
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.reading import stored_form
from fleet.bundler.domain.records import Named
from fleet.bundler.naming import name_all
from fleet.bus import Bus
from fleet.events import Resource
from fleet.vault import Keyring, Tampered, WorkspaceKey

_DIGEST = re.compile(r"[0-9a-f]{32}")


class Declarations:
    """Reads what Bundle objects declare."""

    def __init__(self, *, bus: Bus, keyring: Keyring) -> None:
        self._bus = bus
        self._keyring = keyring

    async def read(self, record: Resource) -> Named:
        """The bundle of a Bundle object, opened where it is sealed.

        Raises:
            BadInput: a field has the wrong type, there are no resources, or what it names is not there.
        """
        spec = record.spec
        if spec.get(CONTENT):
            spec = await self._opened(record.workspace, spec)
        bundle = stored_form(declared_bundle(record.name, record.metadata.labels, spec))
        (named,) = await name_all(self._keyring.workspace(record.workspace), [bundle])
        return named

    async def _opened(self, workspace: str, spec: Mapping[str, Any]) -> dict[str, Any]:
        key = self._keyring.workspace(workspace)
        manifest = await open_blob(self._bus, key, workspace, spec, CONTENT)
        options = await open_blob(self._bus, key, workspace, spec, OPTIONS)
        return whole_spec(spec, options, manifest)


async def open_manifest(
    bus: Bus, key: WorkspaceKey, workspace: str, spec: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The files of a sealed bundle; None where it is not sealed, or they cannot be had any more."""
    try:
        return await open_blob(bus, key, workspace, spec, CONTENT)
    except BadInput:
        return None


async def open_blob(
    bus: Bus, key: WorkspaceKey, workspace: str, spec: Mapping[str, Any], field: str
) -> dict[str, Any]:
    """The sealed JSON that a field of a declared bundle names.

    Raises:
        BadInput: it is no name, there is nothing of that name in this workspace, or it cannot be opened.
    """
    digest = spec.get(field)
    at = f"spec.{field}"
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise BadInput("must be a name of sealed content that `fleet apply NAME PATH...` wrote", field=at)
    chunks = await bus.get_content(workspace, digest)
    if chunks is None:
        raise BadInput("names content that is not there; run `fleet apply NAME PATH...` again", field=at)
    try:
        found = orjson.loads(await asyncio.to_thread(key.open, digest, chunks))
    except (Tampered, orjson.JSONDecodeError):
        raise BadInput("names content that cannot be opened with this workspace's key", field=at) from None
    if not isinstance(found, dict):
        raise BadInput("names content of another kind", field=at)
    return found
