"""The kinds that can be declared, and every way of writing their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

GROUP = "fleet.cattle.io"


class UnknownKind(Exception):
    """A word that names no kind."""

    def __init__(self, word: str) -> None:
        self.word = word
        super().__init__(f'the server doesn\'t have a resource type "{word}"')


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of the group.

    `word` stands in subjects, `declared` tells whether people write such objects (a bundle deployment is
    computed), `top_level` that its fields stand beside metadata instead of in `spec`.
    """

    name: str
    plural: str
    declared: bool = True
    top_level: bool = False

    @property
    def word(self) -> str:
        """The singular in lower case, as it stands in subjects."""
        return self.name.lower()

    @property
    def singular(self) -> str:
        """The word with its group, as kubectl names single objects."""
        return f"{self.word}.{GROUP}"

    @property
    def resource(self) -> str:
        """The plural with its group, as kubectl names it in errors."""
        return f"{self.plural}.{GROUP}"

    def reference(self, name: str) -> str:
        """An object as kubectl names it, such as `gitrepo.fleet.cattle.io/web`."""
        return f"{self.singular}/{name}"


KINDS: Mapping[str, Kind] = {
    kind.word: kind
    for kind in (
        Kind("GitRepo", "gitrepos"),
        Kind("HelmOp", "helmops"),
        Kind("Bundle", "bundles"),
        Kind("BundleDeployment", "bundledeployments", declared=False),
        Kind("Cluster", "clusters"),
        Kind("ClusterGroup", "clustergroups"),
        Kind("Policy", "policies", top_level=True),
        Kind("GitRepoRestriction", "gitreporestrictions", top_level=True),
        Kind("BundleNamespaceMapping", "bundlenamespacemappings", top_level=True),
        Kind("Schedule", "schedules"),
    )
}
"""Every kind by its word, in the order in which people think of them."""


def kind_named(word: str) -> Kind:
    """The kind that a word names: singular or plural, in any case, with or without `.fleet.cattle.io`.

    Raises:
        UnknownKind: the word names none of KINDS.
    """
    bare = word.lower().removesuffix(f".{GROUP}").removesuffix(".v1alpha1")
    for kind in KINDS.values():
        if bare in (kind.word, kind.plural):
            return kind
    raise UnknownKind(word)
