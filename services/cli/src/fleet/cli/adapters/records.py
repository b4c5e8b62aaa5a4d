"""Writes declared objects: compare-and-set, so that two people at once lose nothing."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from fleet.bus import Bus, Conflict, Refused
from fleet.cli.domain.declaration import Record, applied
from fleet.cli.errors import CommandFailed, NotFound
from fleet.cli.objects.kinds import Kind
from fleet.cli.objects.manifests import Manifest
from fleet.events import BundleRendered, ClusterRecord, Resource, Stored, declare, retire

_ATTEMPTS = 20
_PAUSE = 0.05
_SOURCE = "cli"

Decision = Callable[[Record | None], Record | None]


class Records:
    """The declared objects of a hub, to be changed."""

    def __init__(self, *, bus: Bus) -> None:
        self._bus = bus

    async def apply(self, manifest: Manifest, workspace: str) -> str:
        """Declare an object; gives kubectl's word: `created`, `configured` or `unchanged`.

        Raises:
            CommandFailed: others kept writing the same object in between.
        """
        was_there = False

        def decide(present: Record | None) -> Record | None:
            nonlocal was_there
            was_there = present is not None and not present.deleted
            return _declared(present, manifest, workspace)

        written = await self._change(manifest.kind, workspace, manifest.name, decide)
        if written is None:
            return "unchanged"
        return "configured" if was_there else "created"

    async def check(self, manifest: Manifest, workspace: str) -> None:
        """Find out whether `apply` could store this object, without storing it.

        Raises:
            CommandFailed: it is larger than the hub takes.
        """
        stored = await self._last(manifest.kind, workspace, manifest.name)
        record = _declared(stored.event if stored else None, manifest, workspace)
        if record is None:
            return
        try:
            self._bus.check_size(record, source=_SOURCE, expect=stored.sequence if stored else 0)
        except Refused as error:
            raise CommandFailed(
                f"error: {manifest.kind.resource} {json.dumps(manifest.name)} in namespace {workspace} is too"
                f" large: {error.reason}"
            ) from error

    async def relabel(
        self, kind: Kind, workspace: str, name: str, change: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Change the labels of an object; gives them as they were and as they are.

        Raises:
            NotFound: there is no such object, or it is deleted.
            CommandFailed: as `apply`.
        """
        before: dict[str, str] = {}
        after: dict[str, str] = {}

        def decide(present: Record | None) -> Record | None:
            nonlocal before, after
            found = _there(present, kind, name)
            before = dict(found.metadata.labels)
            after = change(before)
            metadata = found.metadata.model_copy(update={"labels": after})
            wanted = found.model_copy(update={"metadata": metadata})
            return declare(found, wanted, now=datetime.now(UTC))  # type: ignore[type-var]  # same kind both

        await self._change(kind, workspace, name, decide)
        return before, after

    async def annotate(
        self, kind: Kind, workspace: str, name: str, change: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> None:
        """Change the annotations of an object. Raises NotFound, and CommandFailed as `apply`."""

        def decide(present: Record | None) -> Record | None:
            found = _there(present, kind, name)
            annotations = change(found.metadata.annotations)
            metadata = found.metadata.model_copy(update={"annotations": annotations})
            wanted = found.model_copy(update={"metadata": metadata})
            return declare(found, wanted, now=datetime.now(UTC))  # type: ignore[type-var]  # same kind both

        await self._change(kind, workspace, name, decide)

    async def delete(self, kind: Kind, workspace: str, name: str) -> None:
        """Leave a tombstone. Raises NotFound, and CommandFailed as `apply`."""
        await self._change(
            kind,
            workspace,
            name,
            lambda present: retire(_there(present, kind, name), now=datetime.now(UTC)),  # type: ignore[type-var]  # one of two
        )

    async def _change(self, kind: Kind, workspace: str, name: str, decide: Decision) -> Record | None:
        """Read, decide, write; from the start again where somebody else wrote in between."""
        for attempt in range(_ATTEMPTS):
            stored = await self._last(kind, workspace, name)
            try:
                record = decide(stored.event if stored else None)
            except NotFound as error:
                raise await self._reason(error, workspace) from None
            if record is None:
                return None
            try:
                await self._bus.publish(record, source=_SOURCE, expect=stored.sequence if stored else 0)
            except Conflict:
                await asyncio.sleep(random.uniform(0, _PAUSE * (attempt + 1)))  # noqa: S311 - spreads writers
            else:
                return record
        raise CommandFailed(
            f"Error from server (Conflict): {kind.resource} {json.dumps(name)} kept changing while it was"
            " written; look at it and try again"
        )

    async def _reason(self, error: NotFound, workspace: str) -> CommandFailed:
        """Why an object cannot be changed, when it is only not a declared one."""
        if not error.kind.declared:
            return CommandFailed(
                f"error: a {error.kind.name} is computed by the targeter: it cannot be changed"
            )
        if error.kind.word == "bundle":
            subject = BundleRendered.subject_for(workspace=workspace, bundle=error.name)
            found = await self._bus.last_on(BundleRendered.STREAM, subject)
            if found is not None and isinstance(found.event, BundleRendered):
                owner = found.event.owner
                return CommandFailed(
                    f'error: bundle "{error.name}" comes from {owner.kind} {owner.name}:'
                    " change it in the repository"
                )
        return error

    async def _last(self, kind: Kind, workspace: str, name: str) -> Stored[Any] | None:
        if kind.word == "cluster":
            return await self._bus.last(ClusterRecord, workspace=workspace, name=name)
        return await self._bus.last(Resource, kind=kind.word, workspace=workspace, name=name)


def _declared(present: Record | None, manifest: Manifest, workspace: str) -> Record | None:
    """The record that an apply stores; None where nothing changes."""
    there = present if present is not None and not present.deleted else None
    wanted = applied(there, manifest, workspace)
    return declare(present, wanted, now=datetime.now(UTC))  # type: ignore[type-var]  # same kind both


def _there(present: Record | None, kind: Kind, name: str) -> Record:
    if present is None or present.deleted:
        raise NotFound(kind, name)
    return present
