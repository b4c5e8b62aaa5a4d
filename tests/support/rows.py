"""Rows of bundle records, with defaults."""

from fleet.bundler.domain.rows import Row
from fleet.bundler.domain.sets import EMPTY
from fleet.events import BundleSet, Owner, set_digest

ME = Owner(kind="GitRepo", name="me", uid="u-me")
OTHER = Owner(kind="GitRepo", name="other", uid="u-other")


def a_row(
    bundle: str,
    *,
    owner: Owner = ME,
    rendered: bool = True,
    digest: str = "d",
    commit_sequence: int = 1,
    whole: BundleSet = EMPTY,
    sequence: int = 1,
) -> Row:
    """The row of a record; a retired one has no digest."""
    return Row(
        workspace="fleet-default",
        bundle=bundle,
        uid=f"uid-{bundle}",
        generation=1,
        owner=owner,
        rendered=rendered,
        spec_digest=digest if rendered else "",
        commit_sequence=commit_sequence,
        set=whole,
        sequence=sequence,
    )


def rows_by_name(*rows: Row) -> dict[str, Row]:
    """Rows as the shelf has them."""
    return {row.bundle: row for row in rows}


def whole_of(**digests: str) -> BundleSet:
    """The set of bundles with these spec digests."""
    return BundleSet(size=len(digests), digest=set_digest(digests))
