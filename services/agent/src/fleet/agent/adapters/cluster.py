"""The objects of the cluster, as far as an agent asks about them."""

import asyncio
import base64
from collections import defaultdict
from collections.abc import Awaitable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from fleet.agent.domain.drift import Live
from fleet.agent.domain.errors import NotPossible
from fleet.agent.domain.marks import AGENT_NAMESPACE, HASH_LABEL, KEEP_ANNOTATION, set_hash
from fleet.agent.domain.namespaces import namespace_patch
from fleet.agent.domain.objects import Kind, Object, Ref, annotations_of, labels_of, ref_of
from fleet.agent.domain.options import KeyReference, Options
from fleet.agent.domain.releases import ReleaseName
from fleet.kube import KubeClient, NotFound

T = TypeVar("T")

FIELD_MANAGER = "fleet-agent"

_AT_ONCE = 8
_SINGLE_READS = 3
_CAPABILITIES_SECONDS = 60.0
_RELEASE_NAME, _RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
_DEFAULT_ACCOUNT = "fleet-default"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a chart may ask about the cluster."""

    kube_version: str
    api_versions: tuple[str, ...]


class Cluster:
    """Reads a cluster's objects. Methods raise KubeError when the cluster refuses or does not answer."""

    def __init__(self, *, kube: KubeClient) -> None:
        self._kube = kube
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._capabilities: Capabilities | None = None
        self._asked = 0.0

    @property
    def kube(self) -> KubeClient:
        """The client itself."""
        return self._kube

    async def ping(self) -> None:
        """Return when the cluster answers."""
        await self._kube.version()

    async def capabilities(self) -> Capabilities:
        """The cluster's version and what it serves; not older than a minute."""
        now = asyncio.get_running_loop().time()
        if self._capabilities is None or now - self._asked > _CAPABILITIES_SECONDS:
            version = await self._kube.version()
            resources = await self._kube.resources()
            served = {resource.api_version for resource in resources}
            served |= {f"{resource.api_version}/{resource.kind}" for resource in resources}
            self._capabilities = Capabilities(str(version.get("gitVersion", "")), tuple(sorted(served)))
            self._asked = now
        return self._capabilities

    def forget_capabilities(self) -> None:
        """Ask again the next time: the cluster got new kinds."""
        self._capabilities = None

    async def namespaced(self, kinds: Iterable[Kind]) -> dict[Kind, bool]:
        """Which kinds live in a namespace; those that are not served (yet) are left out."""
        found: dict[Kind, bool] = {}
        for kind in kinds:
            try:
                found[kind] = (await self._kube.resource(*kind)).namespaced
            except NotFound:
                continue
        return found

    async def live(self, bundle: str, wanted: Collection[Ref], previous: Collection[Ref]) -> Live:
        """Read the objects of a bundle: the wanted ones, and those of the release's earlier revision."""
        mark = set_hash(bundle)
        groups: dict[tuple[Kind, str], list[Ref]] = defaultdict(list)
        for ref in {*wanted, *previous}:
            groups[ref.type, ref.namespace].append(ref)
        found = await asyncio.gather(*(self._group(kind, refs, mark) for (kind, _), refs in groups.items()))
        items = {ref: item for group in found for ref, item in group.items()}
        owned = {ref: item for ref, item in items.items() if labels_of(item).get(HASH_LABEL) == mark}
        return Live(owned=owned, others=items.keys() - owned.keys())

    async def _group(self, kind: Kind, refs: list[Ref], mark: str) -> dict[Ref, Object]:
        """Objects of one kind in one namespace: one by one where they are few, else by their mark."""
        found: dict[Ref, Object] = {}
        if len(refs) > _SINGLE_READS:
            listing = await self._bounded(
                self._kube.list(*kind, namespace=refs[0].namespace or None, labels=f"{HASH_LABEL}={mark}")
            )
            found = {ref_of(item): item for item in listing.items}
        missing = [ref for ref in refs if ref not in found]
        items = await asyncio.gather(*(self._one(ref) for ref in missing))
        return found | {ref: item for ref, item in zip(missing, items, strict=True) if item is not None}

    async def _one(self, ref: Ref) -> Object | None:
        try:
            return await self._bounded(self._kube.get(*ref.type, ref.name, namespace=ref.namespace or None))
        except NotFound:
            return None

    async def delete_of(self, release: ReleaseName, ref: Ref) -> None:
        """Delete an object if it still is that release's own, and need not be kept."""
        item = await self._one(ref)
        if item is None:
            return
        marks = annotations_of(item)
        owner = (marks.get(_RELEASE_NAMESPACE), marks.get(_RELEASE_NAME))
        if owner == (release.namespace, release.name) and marks.get(KEEP_ANNOTATION) != "keep":
            await self._kube.delete(
                *ref.type, ref.name, namespace=ref.namespace or None, uid=item["metadata"]["uid"]
            )

    async def _bounded(self, request: Awaitable[T]) -> T:
        async with self._places:
            return await request

    async def values_from(self, options: Options) -> list[tuple[str, str]]:
        """The texts that `helm.valuesFrom` names, each with where it stands; NotPossible where one is not."""
        found: list[tuple[str, str]] = []
        for source in options.helm.values_from:
            if source.config_map_key_ref is not None:
                found.append(await self._key("ConfigMap", source.config_map_key_ref, options))
            if source.secret_key_ref is not None:
                found.append(await self._key("Secret", source.secret_key_ref, options))
        return found

    async def _key(self, kind: str, reference: KeyReference, options: Options) -> tuple[str, str]:
        namespace = reference.namespace or options.release_namespace
        where = f"{kind} {namespace}/{reference.name} key {reference.key}"
        try:
            item = await self._kube.get("v1", kind, reference.name, namespace=namespace)
        except NotFound:
            raise NotPossible(f"helm.valuesFrom: {where}: there is no such {kind}") from None
        data: Mapping[str, str] = item.get("data") or {}
        if reference.key not in data:
            raise NotPossible(f"helm.valuesFrom: {where}: there is no such key")
        text = data[reference.key]
        return where, base64.b64decode(text).decode(errors="replace") if kind == "Secret" else text

    async def account_for(self, options: Options) -> str:
        """As whom Helm acts: the options' service account, else `fleet-default`, else the agent itself ("").

        Raises:
            NotPossible: the account that the options name is not there.
        """
        name = options.service_account or _DEFAULT_ACCOUNT
        try:
            await self._kube.get("v1", "ServiceAccount", name, namespace=AGENT_NAMESPACE, metadata_only=True)
        except NotFound:
            if not options.service_account:
                return ""
            raise NotPossible(
                f"looking up service account {AGENT_NAMESPACE}/{name}: there is no such service account;"
                " create it, or name another one"
            ) from None
        return name

    async def has_namespace(self, name: str) -> bool:
        """Whether a namespace is there."""
        return await self._one(Ref("v1", "Namespace", "", name)) is not None

    async def mark_namespace(self, options: Options) -> None:
        """Give the release's namespace exactly the labels and annotations that the options have, if any."""
        if not options.namespace_labels and not options.namespace_annotations:
            return
        name = options.release_namespace
        present = await self._kube.get("v1", "Namespace", name, metadata_only=True)
        patch = namespace_patch(present, options.namespace_labels, options.namespace_annotations)
        if patch:
            await self._kube.patch("v1", "Namespace", name, patch, field_manager=FIELD_MANAGER)
