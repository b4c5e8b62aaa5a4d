"""An agent between a real broker, a real gateway and a pocket cluster; the test is the targeter."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from fleet.agent.adapters.calls import Calls
from fleet.agent.adapters.templates import SECONDS, Templates
from fleet.agent.agent import Agent
from fleet.agent.assembly import assembled
from fleet.agent.domain.identity import Identity
from fleet.agent.domain.releases import Revision, read_revision
from fleet.bus import Bus
from fleet.events import (
    MAC_HEADER,
    BundleReport,
    DeploymentReported,
    DeploymentTargeted,
    Entry,
    canonical,
    manifest_digest,
)
from fleet.gateway.main import answering
from fleet.kube import KubeClient, NotFound
from fleet.pocket import PocketServer
from fleet.vault import ClusterKeys, Keyring
from support.accounts import Party, Road, running_road
from support.background import running
from support.pocket import pocket, pocket_client, write_kubeconfig
from support.waiting import eventually

WORKSPACE = "fleet-default"


def config_map(name: str, **data: str) -> str:
    """A ConfigMap as YAML."""
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})


def deployment(name: str, *, replicas: int = 1, **container: Any) -> str:
    """A Deployment with one container as YAML."""
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "main", "image": "registry.test/app:1", **container}]},
        },
    }
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}
    )


@dataclass(frozen=True)
class Bundle:
    """What a test wants a cluster to run."""

    name: str
    files: Mapping[str, str]
    options: Mapping[str, Any] = field(default_factory=lambda: {"defaultNamespace": "web"})
    labels: Mapping[str, str] = field(default_factory=dict)
    depends_on: tuple[dict[str, Any], ...] = ()
    paused: bool = False
    off_schedule: bool = False

    def content(self) -> bytes:
        """The plaintext that the bundler would seal."""
        return canonical({"resources": [{"name": k, "content": v} for k, v in sorted(self.files.items())]})


class Site:
    """The hub's side of one cluster: what a targeter would write, and what it would read."""

    def __init__(
        self,
        *,
        folder: Path,
        road: Road,
        bus: Bus,
        keyring: Keyring,
        server: PocketServer,
        kube: KubeClient,
        identity: Identity,
    ) -> None:
        self.folder = folder
        self.road = road
        self.bus = bus
        self.keyring = keyring
        self.server = server
        self.kube = kube
        self.identity = identity
        self.epoch = 1
        self.generation = 0

    @property
    def keys(self) -> ClusterKeys:
        """The keys that hub and cluster share."""
        return self.keyring.workspace(self.identity.workspace).cluster_keys(self.identity.uid)

    async def entry(self, bundle: Bundle) -> Entry:
        """Seal a bundle's content and options and make its entry, which is stored too."""
        key = self.keyring.workspace(WORKSPACE)
        content, options = key.seal(bundle.content()), key.seal(canonical(dict(bundle.options)))
        identity = {k: v for k, v in bundle.options.items() if k not in ("diff", "correctDrift")}
        entry = Entry(
            namespace=WORKSPACE,
            bundle=bundle.name,
            bundle_uid=f"uid-{bundle.name}",
            deployment_id=f"s-{content.digest}:{key.name(canonical(identity))}",
            content=content.digest,
            options=options.digest,
            labels={"fleet.cattle.io/bundle-name": bundle.name, **bundle.labels},
            depends_on=bundle.depends_on,
            paused=bundle.paused,
            off_schedule=bundle.off_schedule,
        )
        for blob in (content, options, key.seal(entry.encode(), name=entry.digest())):
            await self.bus.put_content(WORKSPACE, blob)
        return entry

    async def manifest(self, *bundles: Bundle, inline: bool = True) -> DeploymentTargeted:
        """The next manifest of the cluster, with these bundles."""
        self.generation += 1
        entries = {entry.digest(): entry for entry in [await self.entry(bundle) for bundle in bundles]}
        return DeploymentTargeted(
            workspace=self.identity.workspace,
            cluster=self.identity.cluster,
            uid=self.identity.uid,
            epoch=self.epoch,
            generation=self.generation,
            digest=manifest_digest(tuple(entries)),
            entries=tuple(entries),
            inline=entries if inline else {},
        )

    async def write(self, manifest: DeploymentTargeted, *, mac: str | None = None) -> None:
        """Store a manifest in DESIRED, signed unless another MAC is given."""
        signed = self.keys.sign(manifest.subject(), manifest.encode()) if mac is None else mac
        await self.bus.publish(manifest, source="test", headers={MAC_HEADER: signed})

    async def deliver(self, *bundles: Bundle, inline: bool = True) -> DeploymentTargeted:
        """Have the cluster run exactly these bundles."""
        manifest = await self.manifest(*bundles, inline=inline)
        await self.write(manifest)
        return manifest

    async def report(self) -> DeploymentReported | None:
        """The last report of the cluster."""
        found = await self.bus.last(
            DeploymentReported, workspace=self.identity.workspace, cluster=self.identity.cluster
        )
        return found.event if found else None

    async def reported(
        self, manifest: DeploymentTargeted, holds: Callable[[DeploymentReported], object]
    ) -> DeploymentReported:
        """Wait for a report on this manifest of which something holds."""

        async def told() -> bool:
            report = await self.report()
            return bool(
                report
                and (report.epoch, report.generation) == (manifest.epoch, manifest.generation)
                and holds(report)
            )

        try:
            await eventually(told)
        except AssertionError as error:
            raise AssertionError(f"{error}; the last report is {await self.report()}") from None
        report = await self.report()
        assert report is not None
        return report

    async def ready(self, manifest: DeploymentTargeted) -> DeploymentReported:
        """Wait until everything in the manifest is applied and Ready."""
        wanted = set(manifest.entries)
        return await self.reported(
            manifest, lambda report: set(report.entries) == wanted and not report.not_ready
        )

    async def trouble(self, manifest: DeploymentTargeted, bundle: str, state: str) -> BundleReport:
        """Wait until a bundle is reported in this state."""

        def of(report: DeploymentReported) -> BundleReport | None:
            return next((one for one in report.not_ready if one.bundle == bundle), None)

        report = await self.reported(manifest, lambda report: (t := of(report)) and t.state == state)
        found = of(report)
        assert found is not None
        return found

    async def releases(self) -> dict[str, Revision]:
        """Deployed releases of the cluster by name."""
        found = await self.kube.list("v1", "Secret", labels="owner=helm,status=deployed")
        revisions = [read_revision(secret) for secret in found.items]
        return {revision.release.name: revision for revision in revisions if revision}

    async def has(self, kind: str, name: str, namespace: str = "web", api_version: str = "v1") -> bool:
        """Whether an object is there."""
        try:
            await self.kube.get(api_version, kind, name, namespace=namespace)
        except NotFound:
            return False
        return True

    async def data_of(self, name: str, namespace: str = "web") -> Mapping[str, str]:
        """The data of a ConfigMap; empty where there is none."""
        try:
            found = await self.kube.get("v1", "ConfigMap", name, namespace=namespace)
        except NotFound:
            return {}
        return dict(found.get("data") or {})

    def write_identity(self, folder: Path) -> Path:
        """The identity file that the hub would give to the agent."""
        path = folder / f"{self.identity.cluster}.json"
        path.write_bytes(orjson.dumps(self.identity.model_dump(mode="json", by_alias=True)))
        path.chmod(0o600)
        return path


@contextlib.asynccontextmanager
async def sites(folder: Path, *clusters: str) -> AsyncIterator[list[Site]]:
    """A broker, a gateway and a pocket cluster per name, without agents."""
    parties = [Party(WORKSPACE, name) for name in clusters]
    keyring = Keyring.open(folder / "keyring.json")
    names = [f"{WORKSPACE}.{name}" for name in clusters]
    async with contextlib.AsyncExitStack() as stack:
        road = await stack.enter_async_context(running_road(folder, *parties))
        bus = await stack.enter_async_context(await road.bus())
        await bus.ensure_streams()
        await stack.enter_async_context(answering(bus, keyring))
        server = await stack.enter_async_context(pocket(folder / "pocket", *names))
        found = []
        for party, name in zip(parties, names, strict=True):
            kube = await stack.enter_async_context(pocket_client(server, name))
            identity = _identity(road, party, keyring, write_kubeconfig(server, name, folder))
            found.append(
                Site(
                    folder=folder,
                    road=road,
                    bus=bus,
                    keyring=keyring,
                    server=server,
                    kube=kube,
                    identity=identity,
                )
            )
        yield found


@contextlib.asynccontextmanager
async def site(folder: Path) -> AsyncIterator[Site]:
    """The same for one cluster."""
    async with sites(folder, "edge-1") as found:
        yield found[0]


@contextlib.asynccontextmanager
async def running_agent(
    site: Site, calls: Calls | None = None, *, rendering: float = SECONDS
) -> AsyncIterator[Agent]:
    """The agent of a site in this process, while the block runs; it renders for so many seconds at most."""
    scratch = site.folder / "scratch"
    async with (
        Templates(seconds=rendering) as templates,
        assembled(site.identity, calls=calls or Calls(), templates=templates, scratch=scratch) as agent,
        running(agent.run()),
    ):
        yield agent


@contextlib.asynccontextmanager
async def attended_site(folder: Path) -> AsyncIterator[Site]:
    """One cluster with its agent running."""
    async with site(folder) as found, running_agent(found):
        yield found


def _identity(road: Road, party: Party, keyring: Keyring, kubeconfig: Path) -> Identity:
    uid = f"uid-{party.cluster}"
    keys = keyring.workspace(party.workspace).cluster_keys(uid)
    return Identity(
        server=road.url,
        workspace=party.workspace,
        cluster=party.cluster,
        uid=uid,
        seed=party.key.seed,
        mac_key=keys.mac.hex(),
        encryption_key=keys.encryption.hex(),
        kubeconfig=kubeconfig,
    )
