"""Helm's own SDK, for one cluster: what it applies in this process, what it renders in others.

The library is loaded with the first call: it costs 58 MiB, and a cluster that runs nothing needs none of
it. Its Python layer hides options that the library takes (taking ownership, server-side apply), so those
calls go through its own call helpers. Never fork after the first call: a child would hang in it. What is
installed here are finished objects: no template of a bundle is ever run in this process.
"""

import base64
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fleet.agent.adapters.calls import Calls, Stuck
from fleet.agent.adapters.templates import Templates
from fleet.agent.domain.errors import AgentError
from fleet.agent.domain.files import File
from fleet.agent.domain.marks import AGENT_NAMESPACE
from fleet.agent.domain.options import Options
from fleet.agent.domain.releases import ReleaseName

if TYPE_CHECKING:
    from helm_python import Config, HelmContext

T = TypeVar("T")

_OPEN_CONFIGS = 16
_QPS, _BURST = 1000.0, 2000
_DEFAULT_TIMEOUT = 300
_SLACK = 60.0


class HelmFailed(AgentError):
    """Helm refused or failed; the text is Helm's own."""


class HelmStuck(HelmFailed):
    """Helm did not come back; what it began may still end, or never."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a chart is rendered for."""

    release: ReleaseName
    revision: int
    upgrade: bool
    kube_version: str
    api_versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What Helm made of a chart: texts by path, and the files of `crds/` as they stand."""

    files: Mapping[str, str] = field(repr=False)
    crds: tuple[File, ...] = ()


class Helm:
    """Renders charts and changes releases of one cluster."""

    def __init__(self, *, kubeconfig: Path | None, calls: Calls, templates: Templates) -> None:
        self._kubeconfig = kubeconfig
        self._calls = calls
        self._templates = templates
        self._configs: OrderedDict[tuple[str, str], Config] = OrderedDict()
        self._lock = threading.Lock()

    async def render(
        self, chart: bytes, values: Mapping[str, Any], target: Target, options: Options, account: str
    ) -> Rendered:
        """Render a packed chart with the cluster's capabilities; `lookup` reads the cluster as `account`.

        Raises:
            HelmFailed: a template, the values or the chart are wrong.
            RenderingEnded: it takes too long, also as the cluster does not answer, or too much memory.
        """
        answer = await self._templates.render(
            {
                "chart": base64.b64encode(chart).decode(),
                "values": json.dumps(dict(values)),
                "config": self._access(target.release.namespace, account),
                "options": {
                    "name": target.release.name,
                    "namespace": target.release.namespace,
                    "revision": target.revision,
                    "is_install": not target.upgrade,
                    "is_upgrade": target.upgrade,
                    "kube_version": target.kube_version,
                    "api_versions": list(target.api_versions),
                    "enable_dns": not options.helm.disable_dns,
                },
            }
        )
        if missing := answer.get("missing"):
            raise HelmFailed("found in Chart.yaml, but missing in charts/ directory: " + ", ".join(missing))
        if error := answer.get("error"):
            text = _one_line(error)
            raise HelmFailed(_without_values(text) if answer["quotes_values"] else text)
        crds = tuple(File(name, data.encode()) for name, data in answer["crds"])
        return Rendered(json.loads(answer["files"]), crds)

    async def warm(self) -> None:
        """Get ready to render soon."""
        await self._templates.warm()

    async def install(
        self,
        release: ReleaseName,
        chart: bytes,
        values: Mapping[str, Any],
        options: Options,
        account: str,
        *,
        create_namespace: bool,
        take_ownership: bool,
    ) -> None:
        """Install a finished chart as a new release, as Fleet does. Raises HelmFailed.

        `take_ownership` takes over what is in the way, as an upgrade does, whatever the options say.
        """
        given = {
            **_common(options),
            "create_namespace": create_namespace,
            "replace": True,
            "take_ownership": take_ownership or options.helm.take_ownership or bool(options.overwrites),
            "server_side_apply": not options.replace_objects,
        }
        await self._change("helm_install", release, chart, values, options, given, account)

    async def upgrade(
        self, release: ReleaseName, chart: bytes, values: Mapping[str, Any], options: Options, account: str
    ) -> None:
        """Upgrade a release to a finished chart; what is in the way is taken over. Raises HelmFailed."""
        given = {
            **_common(options),
            "max_history": options.max_history,
            "take_ownership": True,
            "server_side_apply": _server_side(options),
        }
        await self._change("helm_upgrade", release, chart, values, options, given, account)

    async def restore(self, release: ReleaseName, revision: int, options: Options, account: str) -> None:
        """Bring every object back to what a revision says, as a new revision. Raises HelmFailed."""
        given = {
            "version": revision,
            "max_history": options.max_history,
            "server_side_apply": _server_side(options),
            "force_replace": options.replace_objects,
            "force_conflicts": not options.replace_objects,
            "wait": "hookOnly",
            "timeout_seconds": options.helm.timeout_seconds or _DEFAULT_TIMEOUT,
        }

        def call() -> None:
            from helm_python import _native

            config = self._config(release.namespace, account)
            _native.call_status("helm_rollback", config._raw(), release.name, json.dumps(given))

        await self._run(f"helm rollback {release}", call, _deadline(options))

    async def uninstall(self, release: ReleaseName, account: str) -> None:
        """Remove a release and its objects; one that is not there is no error. Raises HelmFailed."""

        def call() -> None:
            self._config(release.namespace, account).uninstall(
                release.name, ignore_not_found=True, wait="hookOnly", timeout=_DEFAULT_TIMEOUT
            )

        await self._run(f"helm uninstall {release}", call, _DEFAULT_TIMEOUT + _SLACK)

    def close(self) -> None:
        """Let go of what the library holds for this cluster, as soon as no call uses it any more."""
        with self._lock:
            self._configs.clear()

    async def _change(
        self,
        function: str,
        release: ReleaseName,
        chart: bytes,
        values: Mapping[str, Any],
        options: Options,
        given: Mapping[str, Any],
        account: str,
    ) -> None:
        context: list[HelmContext] = []

        def call() -> None:
            from helm_python import Chart, HelmContext, _native

            config = self._config(release.namespace, account)
            with HelmContext() as cancellable, Chart.load_archive(chart) as loaded:
                context.append(cancellable)
                _native.call_string(
                    function,
                    config._raw(),
                    cancellable._raw(),
                    loaded._raw(),
                    None,
                    release.name,
                    json.dumps(dict(values)),
                    json.dumps(dict(given)),
                )
                context.clear()

        def cancel() -> None:
            for cancellable in context:
                cancellable.cancel()

        what = f"{function.replace('_', ' ')} {release}"
        await self._run(what, call, _deadline(options), cancel)

    async def _run(
        self, what: str, call: Callable[[], T], deadline: float, cancel: Callable[[], None] | None = None
    ) -> T:
        def translated() -> T:
            from helm_python import HelmError, HelmValuesError

            try:
                return call()
            except HelmValuesError as error:
                raise HelmFailed(_without_values(_one_line(str(error)))) from None
            except HelmError as error:
                raise HelmFailed(_one_line(str(error))) from None

        try:
            return await self._calls.run(what, translated, deadline=deadline, cancel=cancel)
        except Stuck as error:
            raise HelmStuck(f"{error}: the cluster does not answer, or a hook never ends") from None

    def _access(self, namespace: str, account: str) -> dict[str, Any]:
        return {
            "kubeconfig_path": str(self._kubeconfig) if self._kubeconfig else None,
            "namespace": namespace,
            "kube_as_user": _user(account),
            "qps": _QPS,
            "burst_limit": _BURST,
        }

    def _config(self, namespace: str, account: str) -> "Config":
        """One configuration per namespace and account, so that what the cluster serves is asked for once."""
        from helm_python import Config

        key = (namespace, account)
        with self._lock:
            if key not in self._configs:
                self._configs[key] = Config(**self._access(namespace, account))
            self._configs.move_to_end(key)
            if len(self._configs) > _OPEN_CONFIGS:
                self._configs.popitem(last=False)  # freed when the last call that uses it has ended
            return self._configs[key]


def _user(account: str) -> str | None:
    return f"system:serviceaccount:{AGENT_NAMESPACE}:{account}" if account else None


def _common(options: Options) -> dict[str, Any]:
    helm = options.helm
    return {
        "timeout_seconds": helm.timeout_seconds or _DEFAULT_TIMEOUT,
        "wait": "watcher" if helm.timeout_seconds > 0 else "hookOnly",
        "wait_for_jobs": helm.wait_for_jobs,
        "rollback_on_failure": helm.atomic,
        "force_replace": options.replace_objects,
        # What git says wins over what somebody changed by hand, as with client-side apply.
        "force_conflicts": not options.replace_objects,
        # With server-side apply the server itself refuses unknown fields; to fetch and parse its whole
        # OpenAPI description twice per operation would take longer than all the rest.
        "disable_openapi_validation": not options.replace_objects,
    }


def _server_side(options: Options) -> str:
    """Always the same way, so that one manager owns what git says and what git drops goes away."""
    return "false" if options.replace_objects else "true"


def _deadline(options: Options) -> float:
    """Hooks before, the wait, hooks after: each may take the whole timeout."""
    return 3.0 * (options.helm.timeout_seconds or _DEFAULT_TIMEOUT) + _SLACK


def _without_values(text: str) -> str:
    """A value that does not fit its schema may be a secret: only where it stands is told."""
    return re.sub(r"'(?!/)[^']*'", "(hidden)", text)


def _one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
