"""The commands of `fleet`: a name, where it is written, and one line of help.

A command is imported when it is called, so that `fleet --help` and every single command start fast. A new
command is one more line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a click command stands (`module:attribute`), and what it does in one line."""

    target: str
    help: str


_WRITTEN = "fleet.cli.commands"

COMMANDS: Mapping[str, Entry] = {
    "up": Entry(f"{_WRITTEN}.up:up", "Start a hub with pocket clusters, and stay with it."),
    "demo": Entry("fleet.cli.demo.command:demo", "Deliver, drift, relabel, kill and compare."),
    "apply": Entry(f"{_WRITTEN}.apply:apply", "Declare the objects of files, or make bundles of folders."),
    "get": Entry(f"{_WRITTEN}.get:get", "List objects, or show those that are named."),
    "describe": Entry(f"{_WRITTEN}.describe:describe", "Tell objects at length, with their history."),
    "create": Entry("fleet.cli.commands.create:create", "Create secrets that repositories are reached with."),
    "label": Entry(f"{_WRITTEN}.label:label", "Set and remove labels of objects."),
    "approve": Entry(f"{_WRITTEN}.approve:approve", "Let a commit remove bundles that wait for approval."),
    "delete": Entry(f"{_WRITTEN}.delete:delete", "Delete objects."),
    "wait": Entry(f"{_WRITTEN}.wait:wait", "Wait until objects are ready, at a commit, or gone."),
    "events": Entry(f"{_WRITTEN}.events:events", "Show what happened and what happens."),
    "schema": Entry(f"{_WRITTEN}.schema:schema", "Print the JSON Schema of fleet.yaml."),
    "kubeconfig": Entry(f"{_WRITTEN}.kubeconfig:kubeconfig", "Print the kubeconfig of a pocket cluster."),
}
