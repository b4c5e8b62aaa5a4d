"""Bundles of folders in a hub: created, changed and pruned, with files and options sealed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from fleet.bundler.declarations import open_manifest
from fleet.bundler.domain.order import REPO_LABEL
from fleet.bundler.domain.reading import ReadBundle, canonical
from fleet.bundler.writing import side_by_side
from fleet.bus import Bus
from fleet.cli.errors import CommandFailed
from fleet.cli.folders.overwrites import overwrites
from fleet.events import BundleRendered, ObjectMeta, Resource, Stored, declare, retire
from fleet.vault import WorkspaceKey

HELMOP_LABEL = "fleet.cattle.io/fleet-helm-name"
"""The label of a bundle that a HelmOp made; its value is the HelmOp's name."""

_SOURCE = "cli"
_KIND = "bundle"
_GITREPO = "gitrepo"

Said = Callable[[str, str], None]
"""Hears of each bundle that was looked after: its name, and kubectl's word for what became of it."""


@dataclass(frozen=True, slots=True)
class FolderBundles:
    """The bundles that `fleet apply NAME` keeps in one workspace; `at_once` are written at the same time."""

    bus: Bus
    key: WorkspaceKey
    workspace: str
    at_once: int

    async def apply(self, name: str, bundles: Iterable[ReadBundle], said: Said) -> None:
        """Make the bundles of this name those that are given; whatever else had its name goes away.

        What is new is written before anything goes away. Nothing is written where one of them cannot be.

        Raises:
            CommandFailed: a bundle's name belongs to a HelmOp or a GitRepo, or the bundle is being deleted.
            Conflict: somebody else wrote one of them meanwhile.
        """
        wanted = {bundle.name: _named(bundle, name) for bundle in bundles}
        present = {stored.event.name: stored async for stored in self._all()}
        gone = [
            stored
            for bundle, stored in sorted(present.items())
            if bundle not in wanted and _belongs(stored.event, name)
        ]
        for bundle in wanted:
            await self._check(bundle, present.get(bundle))
        going = [await self._resources(stored.event) for stored in gone]

        async def write(bundle: ReadBundle) -> None:
            word = await self._write(_taking_over(bundle, going), present.get(bundle.name))
            said(bundle.name, word)

        await side_by_side((partial(write, bundle) for bundle in wanted.values()), at_once=self.at_once)
        for stored in gone:
            await self._publish(retire(stored.event, now=datetime.now(UTC)), stored)
            said(stored.event.name, "deleted")

    async def has_gitrepo(self, name: str) -> bool:
        """Whether a GitRepo has the name that the bundles are made under."""
        stored = await self.bus.last(Resource, kind=_GITREPO, workspace=self.workspace, name=name)
        return stored is not None and not stored.event.deleted

    async def _all(self) -> AsyncIterator[Stored[Resource]]:
        async for stored in self.bus.present(Resource, kind=_KIND, workspace=self.workspace):
            yield stored

    async def _check(self, name: str, stored: Stored[Resource] | None) -> None:
        """Fleet's refusals, before the first of the bundles is written."""
        found = stored.event if stored else None
        if found and not found.deleted and _of_helmop(found):
            raise CommandFailed(f'error: a helmOps bundle with name "{name}" already exists')
        last = await self.bus.last_on(
            BundleRendered.STREAM, BundleRendered.subject_for(workspace=self.workspace, bundle=name)
        )
        if last is None or not isinstance(last.event, BundleRendered):
            return
        owner = last.event.owner
        if owner.kind != "Bundle":
            raise CommandFailed(
                f'error: the bundle "{name}" comes from {owner.kind} {owner.name}: give yours another name'
            )
        if found and found.deleted and owner.uid == found.metadata.uid:
            raise CommandFailed(
                f'error: the bundle "{name}" is being deleted, cannot create during a delete operation'
            )

    async def _resources(self, record: Resource) -> list[dict[str, str]]:
        """The files of a bundle that goes away; none where they cannot be had, as it goes away anyway."""
        if "resources" in record.spec:
            return [one for one in record.spec["resources"] or [] if isinstance(one, dict)]
        manifest = await open_manifest(self.bus, self.key, self.workspace, record.spec)
        return list(manifest["resources"]) if manifest else []

    async def _write(self, bundle: ReadBundle, stored: Stored[Resource] | None) -> str:
        content, options = self.key.name(bundle.manifest), self.key.name(bundle.options)
        wanted = Resource(
            kind=_KIND,
            metadata=ObjectMeta(
                name=bundle.name,
                namespace=self.workspace,
                uid="",
                labels=bundle.labels,
                annotations=bundle.annotations,
            ),
            spec={**bundle.spec, "contentsId": content, "valuesHash": options},
        )
        before = stored.event if stored else None
        record = declare(before, wanted, now=datetime.now(UTC))
        if record is None:
            return "unchanged"
        for digest, blob in ((content, bundle.manifest), (options, bundle.options)):
            sealed = await asyncio.to_thread(self.key.seal, blob, name=digest)
            await self.bus.put_content(self.workspace, sealed)
        await self._publish(record, stored)
        return "configured" if before and not before.deleted else "created"

    async def _publish(self, record: Resource, stored: Stored[Resource] | None) -> None:
        await self.bus.publish(record, source=_SOURCE, expect=stored.sequence if stored else 0)


def _named(bundle: ReadBundle, name: str) -> ReadBundle:
    """The bundle with the label that it is found by; one that was given stays."""
    return replace(bundle, labels={REPO_LABEL: name, **bundle.labels})


def _belongs(record: Resource, name: str) -> bool:
    return not record.deleted and record.metadata.labels.get(REPO_LABEL) == name


def _of_helmop(record: Resource) -> bool:
    return HELMOP_LABEL in record.metadata.labels or bool(record.spec.get("helmOpOptions"))


def _taking_over(bundle: ReadBundle, going: Sequence[Sequence[Mapping[str, Any]]]) -> ReadBundle:
    """The bundle with the objects that it has from bundles which go away."""
    if not going:
        return bundle
    found = overwrites(orjson.loads(bundle.manifest)["resources"], going)
    if not found:
        return bundle
    options = orjson.loads(bundle.options)
    own = options["options"].get("overwrites", [])
    options["options"]["overwrites"] = [*own, *found]
    return replace(bundle, options=canonical(options))
