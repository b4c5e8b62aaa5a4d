"""Bad input shows on its own object, with place and reason, delays nothing else, and heals by itself."""

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from support.live import LiveHub, Object, a_gitrepo, live_hub
from support.refusing import RefusingServer, refusing

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {colour: blue}\n"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: painted\nversion: 0.1.0\n",
    "templates/wall.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wall}\n"
        'data: {colour: {{ required "a wall needs a colour" .Values.colour }}}\n'
    ),
    "fleet.yaml": "defaultNamespace: painted\nhelm: {releaseName: painted}\n",
}
NOWHERE = {"matchExpressions": [{"key": "env", "operator": "Within", "values": ["live"]}]}


def targets(selector: Object) -> list[Object]:
    """One target with this selector."""
    return [{"name": "only", "clusterSelector": selector}]


class Inputs:
    """A hub with bad input of every sort in it, all of it declared in one go; a good repository is last."""

    def __init__(self, hub: LiveHub, cluster: RefusingServer) -> None:
        self.hub = hub
        self.cluster = cluster
        self.gone = hub.repository("gone")
        self.branchless = hub.repository("branchless")
        self.unparsable = hub.repository("unparsable")
        self.unrenderable = hub.repository("unrenderable")
        self.astray = hub.repository("astray")
        self.refused = hub.repository("refused")
        self.good = hub.repository("good")

    async def declare(self) -> None:
        """Commit what is bad and declare everything."""
        self.away = self.gone.folder.with_suffix(".away")
        self.gone.commit({"a.yaml": CONFIG % "gone"})
        self.gone.folder.rename(self.away)
        self.branchless.commit({"a.yaml": CONFIG % "branchless"})
        self.unparsable.commit({"app/fleet.yaml": "namespace: app\nhelm: [\n", "app/a.yaml": CONFIG % "app"})
        self.unrenderable.commit(CHART)
        for repository in (self.astray, self.refused, self.good):
            repository.commit({"a.yaml": CONFIG % repository.folder.stem})
        apart = targets({"matchLabels": {"env": "apart"}})
        await self.hub.apply(
            a_gitrepo("gone", self.gone.url),
            a_gitrepo("branchless", self.branchless.url, branch="release"),
            a_gitrepo("unparsable", self.unparsable.url),
            a_gitrepo("unrenderable", self.unrenderable.url),
            a_gitrepo("astray", self.astray.url, targets=targets(NOWHERE)),
            a_gitrepo("refused", self.refused.url, targets=apart),
            a_gitrepo("good", self.good.url),
        )

    async def bring_back(self) -> None:
        self.away.rename(self.gone.folder)

    async def push_branch(self) -> None:
        self.branchless.commit({"a.yaml": CONFIG % "branchless"}, branch="release")

    async def close_bracket(self) -> None:
        self.unparsable.commit({"app/fleet.yaml": "namespace: app\nhelm: {}\n"})

    async def give_colour(self) -> None:
        self.unrenderable.commit({"values.yaml": "colour: white\n"})

    async def correct_selector(self) -> None:
        await self.hub.apply(a_gitrepo("astray", self.astray.url))

    async def let_in(self) -> None:
        self.cluster.accept()


@dataclass(frozen=True, slots=True)
class Case:
    """Where one sort of bad input shows, with which place and reason, and what puts it right."""

    shown_on: tuple[str, ...]
    place: str
    reason: str
    mend: Callable[[Inputs], Awaitable[None]]


CASES: Mapping[str, Case] = {
    "a repository that is gone": Case(
        ("gitrepo/gone",), "/gone.git", "repository not found", Inputs.bring_back
    ),
    "a branch that does not exist": Case(
        ("gitrepo/branchless",), "/branchless.git (release)", "no such reference", Inputs.push_branch
    ),
    "a fleet.yaml that does not parse": Case(
        ("gitrepo/unparsable",), "app/fleet.yaml:3", "is not valid YAML", Inputs.close_bracket
    ),
    "a chart that does not render": Case(
        ("gitrepo/unrenderable", "bundle/unrenderable", "cluster/edge"),
        "templates/wall.yaml:4",
        "a wall needs a colour",
        Inputs.give_colour,
    ),
    "a target with a bad selector": Case(
        ("gitrepo/astray", "bundle/astray"),
        "targets[0].clusterSelector",
        '"Within" is not a valid label selector operator',
        Inputs.correct_selector,
    ),
    "a cluster whose API refuses": Case(
        ("cluster/apart", "bundle/refused", "gitrepo/refused"),
        "cluster fleet-default.apart",
        "403 Forbidden: this account may do nothing here",
        Inputs.let_in,
    ),
}


@asynccontextmanager
async def bad_inputs(folder: Path) -> AsyncIterator[Inputs]:
    """A hub with the clusters `edge`, which works, and `apart`, which refuses."""
    async with live_hub(folder, "edge:env=live", "apart:env=apart") as hub:
        behind = hub.up.known["ports"]["pocket"]
        async with refusing(behind) as cluster:
            kubeconfig = hub.layout.kubeconfig("fleet-default", "apart")
            kubeconfig.write_text(kubeconfig.read_text().replace(f":{behind}/", f":{cluster.port}/"))
            os.kill(hub.pid("agent"), signal.SIGKILL)
            yield Inputs(hub, cluster)


async def test_bad_input_shows_where_it_belongs_delays_nothing_and_heals_when_it_is_mended(
    tmp_path: Path,
) -> None:
    async with bad_inputs(tmp_path) as inputs:
        hub = inputs.hub
        await inputs.declare()
        await hub.ready("gitrepo/good")

        for case in CASES.values():
            for what in case.shown_on:
                await hub.describes(what, case.place, case.reason)
                row = (await hub.fleet("get", what)).out.splitlines()[1]
                assert case.reason in row, f"fleet get {what}"
        await hub.delivered("good", inputs.good.commit({"a.yaml": CONFIG % "better"}))

        for case in CASES.values():
            await case.mend(inputs)
        for case in CASES.values():
            for what in case.shown_on:
                await hub.ready(what)
