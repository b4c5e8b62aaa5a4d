"""`fleet apply NAME PATH...`: bundles of folders, printed or stored."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed
from fleet.cli.session import DEFAULT_NAMESPACE, NAMESPACE, with_bus

if TYPE_CHECKING:
    from fleet.bundler.domain.order import Order
    from fleet.bundler.domain.reading import ReadBundle
    from fleet.bus import Bus
    from fleet.vault import Keyring, WorkspaceKey

RETRIES = "FLEET_APPLY_CONFLICT_RETRIES"
"""How many times bundles are written at most while others write them too; one time without it."""

AT_ONCE = "FLEET_BUNDLE_CREATION_MAX_CONCURRENCY"
"""How many bundles are written at the same time, where the flag does not say it."""

_AT_ONCE = 4

_NO_EFFECT = {
    "oci_registry_secret": "--oci-registry-secret has no effect: files are stored sealed in the hub",
    "kubeconfig": "--kubeconfig has no effect: the hub is named by --data or --server",
    "kube_context": "--context has no effect: the hub is named by --data or --server",
}


def apply_folders(words: Sequence[str], namespace: str, hub: HubChoice, given: Mapping[str, Any]) -> None:
    """Read the folders, then print their bundles or store them.

    Raises:
        CommandFailed: something in them or in the flags is wrong, or the hub does not take them.
    """
    if not words:
        raise CommandFailed("error: at least one argument is required: NAME (see fleet apply --help)")
    name, *paths = words
    namespace = _namespace(namespace)
    if given["profiles_dir"]:
        _warn("--profiles-dir has no effect: no profiles are written")
    bundles = _read(name, paths, given)
    if given["output"]:
        _print(bundles, namespace, given["output"])
        return
    _warn(*(warning for flag, warning in _NO_EFFECT.items() if given[flag]))
    if any(bundle.scans for bundle in bundles):
        _warn("imageScans are not looked after yet: only what -o prints has them")
    keyring = _keyring(hub)
    at_once = _at_once(given["bundle_creation_max_concurrency"])
    with_bus(hub, lambda bus: _store(bus, keyring, name, namespace, bundles, at_once))


def _namespace(given: str) -> str:
    """As in Fleet, the environment's counts where the flag says nothing else than without it."""
    environment = os.environ.get(NAMESPACE, "")
    if not environment or given not in ("", DEFAULT_NAMESPACE):
        return given
    if given != environment:
        said = f"{NAMESPACE}={environment} of the environment counts, as in Fleet"
        _warn(f'-n "{given}" is what holds without it: {said}')
    return environment


def _read(name: str, paths: Sequence[str], given: Mapping[str, Any]) -> list[ReadBundle]:
    from fleet.bundler.domain.errors import BadInput
    from fleet.bundler.errors import HostBusy, ReadingFailed
    from fleet.cli.folders.credentials import credentials_of
    from fleet.cli.folders.reading import read_folder

    try:
        _check_stdin(given)
        order, credentials = _order(name, paths, given), credentials_of(given, os.environ)
        answer = asyncio.run(read_folder(Path(), order, credentials))
    except (BadInput, ReadingFailed, HostBusy) as error:
        raise CommandFailed(f"error: {error}") from error
    unused = [f"{order.targets_wrong}; no bundle needs it"] if order.targets_wrong else []
    _warn(*unused, *answer.warnings)
    return answer.bundles


def _warn(*warnings: object) -> None:
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def _check_stdin(given: Mapping[str, Any]) -> None:
    """With `-b -`, as in Fleet: stdin must be a fleet.yaml too, though it is the file `-` that counts."""
    from fleet.bundler.domain.fleetyaml import read_fleet_yaml

    if given["bundle_file"] == "-" and not given["driven_scan"]:
        read_fleet_yaml(sys.stdin.read().encode(), "stdin")


def _order(name: str, paths: Sequence[str], given: Mapping[str, Any]) -> Order:
    from fleet.cli.folders.commit import head_of
    from fleet.cli.folders.flags import Flags, TargetsFile, order_of
    from fleet.cli.folders.goflags import pairs

    own = {field.name: given[field.name] for field in dataclasses.fields(Flags)}
    own["label"] = pairs(own["label"])
    own["commit"] = own["commit"] or os.environ.get("COMMIT") or head_of(Path())
    targets = TargetsFile.read(given["targets_file"])
    _warn(*targets.warnings)
    return order_of(name, paths, Flags(**own), targets)


def _print(bundles: Sequence[ReadBundle], namespace: str, output: str) -> None:
    from fleet.cli.folders.printing import printed

    text = printed(bundles, namespace)
    if output == "-":
        click.echo(text, nl=False)
        return
    path = Path(output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"error: {path} cannot be written: {error.strerror}") from error


async def _store(
    bus: Bus, keyring: Keyring, name: str, namespace: str, bundles: Sequence[ReadBundle], at_once: int
) -> None:
    from fleet.bus import Conflict
    from fleet.cli.folders.reaching import without_clusters
    from fleet.cli.folders.storing import FolderBundles
    from fleet.cli.objects.kinds import KINDS

    def said(bundle: str, word: str) -> None:
        click.echo(f"{KINDS['bundle'].reference(bundle)} {word}")

    kept = FolderBundles(bus=bus, key=_key(keyring, namespace), workspace=namespace, at_once=at_once)
    if await kept.has_gitrepo(name):
        _warn(f'there is a GitRepo "{name}" as well: its bundles stay, where Fleet would delete them')
    for left in reversed(range(_attempts())):
        try:
            await kept.apply(name, bundles, said)
        except Conflict as error:
            if not left:
                raise CommandFailed(
                    f"error: somebody else wrote the bundles of {name} at the same time ({error}); run it"
                    f" again, or set {RETRIES} to how many times it may be tried"
                ) from error
        else:
            break
    for bundle in await without_clusters(bus, namespace, (one.name for one in bundles)):
        click.echo(f'note: the bundle "{bundle}" matches no cluster: see its targets', err=True)


def _key(keyring: Keyring, namespace: str) -> WorkspaceKey:
    """A workspace's key, which it has from its first cluster, GitRepo or secret on."""
    key = keyring.find(namespace)
    if key is None:
        raise CommandFailed(
            f'error: namespaces "{namespace}" not found: this hub has neither a cluster nor a GitRepo there;'
            " name another workspace with -n"
        )
    return key


def _attempts() -> int:
    return max(_from_environment(RETRIES, 1), 1)


def _at_once(given: int | None) -> int:
    wanted = _from_environment(AT_ONCE, _AT_ONCE) if given is None else given
    return wanted if wanted > 0 else _AT_ONCE


def _from_environment(name: str, default: int) -> int:
    """A whole number; what is none does not count, as in Fleet, but for a warning."""
    text = os.environ.get(name, "")
    try:
        return int(text) if text else default
    except ValueError:
        click.echo(f"warning: {name} is no whole number; it counts as {default}", err=True)
        return default


def _keyring(hub: HubChoice) -> Keyring:
    """The keys that files and options are sealed with, which only a hub's folder has."""
    from fleet.cli.hub.layout import Layout
    from fleet.vault import Keyring, VaultError

    layout = Layout(hub.folder)
    if not layout.keyring.exists():
        raise CommandFailed(
            f"error: there is no hub in {layout.folder.resolve()}, whose keys files and options are sealed"
            " with: start one with `fleet up`, name its folder with --data, or print the bundles with -o -"
        )
    try:
        return Keyring.open(layout.keyring)
    except (VaultError, OSError) as error:
        raise CommandFailed(f"error: {layout.keyring}: {error}") from error
