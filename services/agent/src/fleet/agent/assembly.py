"""How the parts of one cluster's agent are put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fleet.agent.adapters.calls import Calls
from fleet.agent.adapters.cluster import Cluster
from fleet.agent.adapters.helm import Helm
from fleet.agent.adapters.hub import Hub
from fleet.agent.adapters.journal_store import JournalStore
from fleet.agent.adapters.kustomize import Kustomize
from fleet.agent.adapters.release_store import ReleaseStore
from fleet.agent.adapters.templates import Templates
from fleet.agent.adapters.watches import Watches
from fleet.agent.agent import Agent
from fleet.agent.board import Board
from fleet.agent.content import Content
from fleet.agent.crew import Crew
from fleet.agent.deployer import Deployer
from fleet.agent.domain.identity import Identity
from fleet.agent.manifests import Entries
from fleet.agent.observer import Observer
from fleet.agent.operations import Operations
from fleet.agent.releases import Releases
from fleet.agent.renderer import Renderer
from fleet.agent.reporter import Reporter
from fleet.agent.worker import Worker
from fleet.kube import KubeClient


@asynccontextmanager
async def assembled(
    identity: Identity, *, calls: Calls, templates: Templates, scratch: Path
) -> AsyncIterator[Agent]:
    """An agent that is ready to run, with a folder for what it needs on disk for a moment.

    Raises AccessError when its kubeconfig cannot be used.
    """
    async with await _client(identity) as kube:
        helm = Helm(kubeconfig=identity.kubeconfig, calls=calls, templates=templates)
        try:
            yield _agent(identity, kube, helm, Kustomize(scratch=scratch))
        finally:
            helm.close()


async def _client(identity: Identity) -> KubeClient:
    if identity.kubeconfig is None:
        return await KubeClient.in_cluster()
    return await KubeClient.from_kubeconfig(identity.kubeconfig)


def _agent(identity: Identity, kube: KubeClient, helm: Helm, kustomize: Kustomize) -> Agent:
    hub, board = Hub(identity=identity), Board()
    cluster, store, journal = Cluster(kube=kube), ReleaseStore(kube=kube), JournalStore(kube=kube)
    content, releases = Content(hub=hub), Releases(store=store)
    renderer = Renderer(helm=helm, kustomize=kustomize, cluster=cluster)
    operations = Operations(helm=helm, store=store, journal=journal, cluster=cluster, renderer=renderer)
    deployer = Deployer(
        content=content, cluster=cluster, store=store, operations=operations, releases=releases, board=board
    )

    def hire(bundle: str) -> Worker:
        return Worker(
            cluster=identity.key,
            bundle=bundle,
            deployer=deployer,
            observer=observer,
            board=board,
            on_refused=agent.read_again,
        )

    crew = Crew(board=board, releases=releases, hire=hire)
    watches = Watches(
        kube=kube, cluster=identity.key, on_object=crew.object_changed, on_release=crew.release_changed
    )
    observer = Observer(cluster=cluster, watches=watches)
    agent = Agent(
        identity=identity,
        hub=hub,
        cluster=cluster,
        journal=journal,
        releases=releases,
        watches=watches,
        entries=Entries(content=content, cluster=identity.key),
        crew=crew,
        reporter=Reporter(hub=hub, board=board, cluster=identity.key),
    )
    return agent
