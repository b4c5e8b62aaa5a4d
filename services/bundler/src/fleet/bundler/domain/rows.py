"""What is known of a bundle's record: enough to decide who owns the name and what must be written."""

from dataclasses import dataclass

from fleet.events import BundleRendered, BundleRetired, BundleSet, Owner


@dataclass(frozen=True, slots=True)
class Row:
    """The last record of one bundle name, without its spec; `sequence` is its place in BUNDLES."""

    workspace: str
    bundle: str
    uid: str
    generation: int
    owner: Owner
    rendered: bool
    spec_digest: str
    commit_sequence: int
    set: BundleSet
    sequence: int

    @property
    def age(self) -> tuple[int, int]:
        """Orders the records of one owner: the youngest one says what the owner's set is."""
        return (self.commit_sequence, self.sequence)


def row_of(event: BundleRendered | BundleRetired, sequence: int) -> Row:
    """The row for a record that stands at this sequence."""
    rendered = isinstance(event, BundleRendered)
    return Row(
        workspace=event.workspace,
        bundle=event.bundle,
        uid=event.uid,
        generation=event.generation if isinstance(event, BundleRendered) else 0,
        owner=event.owner,
        rendered=rendered,
        spec_digest=event.spec_digest if isinstance(event, BundleRendered) else "",
        commit_sequence=event.commit_sequence,
        set=event.set,
        sequence=sequence,
    )
