"""Reads objects as the Kubernetes API would show them: from streams, the computed ones by question."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeVar, cast

import orjson

from fleet.bus import Bus, Refused, Unreachable
from fleet.cli.domain.assembly import bundle_object, declared_object, still_there
from fleet.cli.errors import CommandFailed, NotFound
from fleet.cli.objects.kinds import KINDS, Kind
from fleet.events import BundleRendered, Event, Resource, Stored, ViewPart, token

_COMPUTED = frozenset({"cluster", "bundledeployment"})
_PARTS = ("source", "reading", "rollup")
_ALL = "_"
_PAGE = 500
_PATIENCE = 5.0

Object = dict[str, Any]
E = TypeVar("E", bound=Event)


class Objects:
    """The objects of a hub. A workspace of None stands for all of them."""

    def __init__(self, *, bus: Bus) -> None:
        self._bus = bus

    async def get(self, kind: Kind, workspace: str, name: str) -> Object:
        """One object with its status.

        Raises:
            NotFound: there is none of that name.
            CommandFailed: the targeter does not answer (clusters and bundle deployments).
        """
        if kind.word in _COMPUTED:
            found = [item async for item in self._asked(kind, workspace, name)]
            item = found[0] if found else None
        elif kind.word == "bundle":
            item = await self._bundle(workspace, name)
        else:
            item = await self._declared(kind, workspace, name)
        if item is None:
            raise NotFound(kind, name)
        return item

    async def find(self, kind: Kind, workspace: str, name: str) -> Object | None:
        """As `get`, but None where there is no such object."""
        try:
            return await self.get(kind, workspace, name)
        except NotFound:
            return None

    async def all(self, kind: Kind, workspace: str | None) -> list[Object]:
        """All objects of a kind, by workspace and name. Raises CommandFailed as `get`."""
        if kind.word in _COMPUTED:
            items = [item async for item in self._asked(kind, workspace, None)]
        elif kind.word == "bundle":
            items = await self._bundles(workspace)
        else:
            items = await self._all_declared(kind, workspace)
        return sorted(items, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"]))

    async def _declared(self, kind: Kind, workspace: str, name: str) -> Object | None:
        stored = await self._bus.last(Resource, kind=kind.word, workspace=workspace, name=name)
        if stored is None:
            return None
        if not still_there(stored.event, await self._owners([stored])):
            return None
        return declared_object(stored, await self._parts(kind.word, workspace, name))

    async def _owners(self, records: Iterable[Stored[Resource]]) -> set[str]:
        """The uids of those that bundles belong to; asked only for records that are deleted."""
        found: set[str] = set()
        for workspace in {one.event.workspace for one in records if one.event.deleted}:
            bundles = self._bus.present(BundleRendered, workspace=workspace)
            found |= {stored.event.owner.uid async for stored in bundles}
        return found

    async def _all_declared(self, kind: Kind, workspace: str | None) -> list[Object]:
        names = _names(kind=kind.word, workspace=workspace)
        records = await _latest(self._bus.present(Resource, **names))
        parts = await self._all_parts(names)
        owners = await self._owners(records)
        return [
            declared_object(stored, parts[(stored.event.workspace, stored.event.name)])
            for stored in records
            if still_there(stored.event, owners)
        ]

    async def _bundle(self, workspace: str, name: str) -> Object | None:
        stored = await self._bus.last_on(
            BundleRendered.STREAM, BundleRendered.subject_for(workspace=workspace, bundle=name)
        )
        parts = await self._parts("bundle", workspace, name)
        declared = await self._bus.last(Resource, kind="bundle", workspace=workspace, name=name)
        if declared is not None and not declared.event.deleted:
            return declared_object(declared, parts)
        if stored is None or not isinstance(stored.event, BundleRendered):
            return None
        return bundle_object(cast("Stored[BundleRendered]", stored), parts)

    async def _bundles(self, workspace: str | None) -> list[Object]:
        parts = await self._all_parts(_names(kind="bundle", workspace=workspace))
        found: dict[tuple[str, str], Object] = {}
        for stored in await _latest(self._bus.present(BundleRendered, **_names(workspace=workspace))):
            key = (stored.event.workspace, stored.event.bundle)
            found[key] = bundle_object(stored, parts[key])
        for item in await self._all_declared(KINDS["bundle"], workspace):
            found[(item["metadata"]["namespace"], item["metadata"]["name"])] = item
        return list(found.values())

    async def _parts(self, kind: str, workspace: str, name: str) -> list[ViewPart]:
        return [stored.event for stored in await parts_of(self._bus, kind, workspace, name)]

    async def _all_parts(self, names: dict[str, str]) -> defaultdict[tuple[str, str], list[ViewPart]]:
        found: defaultdict[tuple[str, str], list[ViewPart]] = defaultdict(list)
        for stored in await _latest(self._bus.present(ViewPart, **names)):
            found[(stored.event.workspace, stored.event.name)].append(stored.event)
        return found

    async def _asked(self, kind: Kind, workspace: str | None, name: str | None) -> AsyncIterator[Object]:
        """What the targeter answers, page by page."""
        subject = f"fleet.query.{kind.plural}.{token(workspace) if workspace else _ALL}"
        question: dict[str, Any] = {"name": name} if name else {"limit": _PAGE}
        while True:
            answer = await self._ask(kind, subject, question)
            for item in answer["items"]:
                yield item
            if not answer.get("continue"):
                return
            question = {"limit": _PAGE, "continue": answer["continue"]}

    async def _ask(self, kind: Kind, subject: str, question: dict[str, Any]) -> Any:
        try:
            return orjson.loads(await self._bus.request(subject, orjson.dumps(question), timeout=_PATIENCE))
        except Unreachable as error:
            raise CommandFailed(
                f"error: {kind.plural} are computed by the targeter, and it does not answer: it is starting,"
                f" or it is down (its log says more). {error}"
            ) from error
        except Refused as error:
            raise CommandFailed(
                f"error: the targeter refused to list {kind.plural}: {error.reason}"
            ) from error


async def parts_of(bus: Bus, kind: str, workspace: str, name: str) -> list[Stored[ViewPart]]:
    """The parts of an object's status, in the order in which a commit passes through those who write them."""
    wanted = (bus.last(ViewPart, kind=kind, workspace=workspace, name=name, part=part) for part in _PARTS)
    return [stored for stored in await asyncio.gather(*wanted) if stored is not None]


def _names(**names: str | None) -> dict[str, str]:
    return {key: value for key, value in names.items() if value is not None}


async def _latest(present: AsyncIterator[Stored[E]]) -> list[Stored[E]]:
    """The last value of every subject: after an interruption a snapshot may give one twice."""
    return list({stored.subject: stored async for stored in present}.values())
