"""Which resources a cluster serves at the moment."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .errors import no_such_path
from .resources import Resource, built_in, from_definition, storage_version

DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io"


class Registry:
    """The built-in resources and those of the CustomResourceDefinitions that were announced to it."""

    def __init__(self) -> None:
        self._served = {(r.group, r.version, r.plural): r for r in built_in()}
        self._custom: dict[str, list[Resource]] = {}

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._served.values()))

    def find(self, group: str, version: str, plural: str) -> Resource:
        """The resource at that path; raises 404."""
        found = self._served.get((group, version, plural))
        if found is None:
            raise no_such_path()
        return found

    def of_table(self, table: str) -> Resource:
        """A resource whose objects are in the table, in the version in which they are kept. KeyError if
        none.
        """
        plural, _, group = table.partition(".")
        candidates = [r for r in self._served.values() if r.plural == plural and r.group == group]
        for resource in candidates:
            if resource.stored_as in ("", resource.api_version):
                return resource
        if candidates:
            return candidates[0]
        raise KeyError(table)

    def of_group(self, group: str, version: str) -> list[Resource]:
        """Everything served under one API version; raises 404 when nothing is."""
        found = [r for r in self._served.values() if (r.group, r.version) == (group, version)]
        if not found:
            raise no_such_path()
        return found

    def groups(self) -> dict[str, list[str]]:
        """Groups, the core one left out, with their versions in order of preference."""
        found: dict[str, list[str]] = {}
        for resource in self._served.values():
            versions = found.setdefault(resource.group, [])
            if resource.version not in versions:
                versions.append(resource.version)
        found.pop("", None)
        return {group: sorted(versions, key=_preference) for group, versions in found.items()}

    def define(self, definition: dict[str, Any]) -> None:
        """Serve what a CustomResourceDefinition describes, instead of what it described before."""
        self.undefine(definition["metadata"]["name"])
        stored = f"{definition['spec']['group']}/{storage_version(definition)}"
        resources = [replace(r, stored_as=stored) for r in from_definition(definition)]
        self._custom[definition["metadata"]["name"]] = resources
        for resource in resources:
            self._served[resource.group, resource.version, resource.plural] = resource

    def undefine(self, name: str) -> None:
        """Serve it no more."""
        for resource in self._custom.pop(name, ()):
            self._served.pop((resource.group, resource.version, resource.plural), None)


def _preference(version: str) -> tuple[int, int, int]:
    """Stable before beta before alpha, then the higher number first."""
    major, sort, minor = version.removeprefix("v"), 0, "0"
    for rank, word in enumerate(("beta", "alpha"), start=1):
        if word in version:
            major, minor = version.removeprefix("v").split(word)
            sort = rank
    if not (major.isdigit() and minor.isdigit()):
        return (3, 0, 0)
    return (sort, -int(major), -int(minor))
