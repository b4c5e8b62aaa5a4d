"""Label selectors, and who is targeted.

As for the API server, operators and values are plain strings here: a selector that makes no sense is the
targeter's to report, on the object that has it.
"""

from __future__ import annotations

from fleet.cli.objects.model import SpecModel, Strings


class Requirement(SpecModel):
    """One expression of a selector."""

    key: str
    operator: str
    values: Strings | None = None


class LabelSelector(SpecModel):
    """Kubernetes' label selector; the empty one matches everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[Requirement] | None = None


class ClusterTarget(SpecModel):
    """Which clusters are meant: by name, labels, group, or the labels of groups."""

    name: str | None = None
    cluster_name: str | None = None
    cluster_selector: LabelSelector | None = None
    cluster_group: str | None = None
    cluster_group_selector: LabelSelector | None = None
