"""Clusters as they are named behind `--cluster`: `NAME` or `NAME:key=value,key=value`."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.cli.domain.edits import parse_edits
from fleet.cli.errors import Usage
from fleet.cli.objects.names import dns_subdomain


def named_clusters(words: Sequence[str]) -> dict[str, dict[str, str]]:
    """The labels of each named cluster. Raises Usage for a bad name or label, or a name given twice."""
    found: dict[str, dict[str, str]] = {}
    for word in words:
        name, colon, labels = word.partition(":")
        try:
            dns_subdomain(name)
        except ValueError as error:
            raise Usage(f"--cluster {word}: {error}") from None
        if name in found:
            raise Usage(f"--cluster {word}: {name} is named twice")
        edits = parse_edits(labels.split(",")) if colon and labels else {}
        removed = [key for key, value in edits.items() if value is None]
        if removed:
            raise Usage(f"--cluster {word}: {removed[0]}- removes a label, which only `fleet label` does")
        found[name] = {key: value for key, value in edits.items() if value is not None}
    return found
