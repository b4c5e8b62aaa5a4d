"""Folders on a disk for `fleet apply NAME PATH...`, and what the command prints for them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from support.command import Outcome, fleet

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n"


def config_map(name: str = "a") -> str:
    """A ConfigMap as a file's text."""
    return CONFIG_MAP.format(name=name)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder, by their paths."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)


async def printed(*arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    """The objects that `fleet apply -o - ...` prints; it must end well and say nothing on stderr."""
    done = await fleet("apply", "-o", "-", *arguments, stdin=stdin)
    assert (done.code, done.err) == (0, ""), done.err
    return objects_of(done)


def objects_of(done: Outcome) -> list[dict[str, Any]]:
    """The objects in the output of a command."""
    return list(yaml.safe_load_all(done.out))


def resources(bundle: Mapping[str, Any]) -> list[str]:
    """The names of a bundle's files, in their order."""
    return [one["name"] for one in bundle["spec"]["resources"]]


def names(bundles: list[dict[str, Any]]) -> list[str]:
    """The names of bundles, in their order."""
    return [bundle["metadata"]["name"] for bundle in bundles]
