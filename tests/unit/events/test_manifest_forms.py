"""A manifest that is filled in is, byte by byte, the event that it stands for."""

from hypothesis import given
from hypothesis import strategies as st

from fleet.events import DeploymentTargeted, Entry, ManifestForm, manifest_digest

names = st.from_regex(r"[a-z0-9][-a-z0-9.]{0,20}[a-z0-9]", fullmatch=True)
texts = st.text(max_size=20)
entries = st.builds(
    Entry,
    namespace=names,
    bundle=names,
    bundle_uid=texts,
    deployment_id=texts,
    content=texts,
    options=texts,
    labels=st.dictionaries(texts, texts, max_size=3),
    depends_on=st.lists(st.dictionaries(texts, texts, max_size=2), max_size=2).map(tuple),
    paused=st.booleans(),
)


@given(
    given_entries=st.lists(entries, max_size=4),
    shown=st.integers(0, 4),
    workspace=names,
    cluster=names,
    uid=texts,
    epoch=st.integers(0, 2**53),
    generation=st.integers(0, 2**53),
)
def test_a_form_filled_in_is_the_event_that_it_stands_for(
    given_entries: list[Entry],
    shown: int,
    workspace: str,
    cluster: str,
    uid: str,
    epoch: int,
    generation: int,
) -> None:
    digests = tuple(entry.digest() for entry in given_entries)
    inline = dict(zip(digests[:shown], given_entries, strict=False))
    form = ManifestForm(epoch, manifest_digest(digests), digests, inline)
    event = DeploymentTargeted(
        workspace=workspace,
        cluster=cluster,
        uid=uid,
        epoch=epoch,
        generation=generation,
        digest=form.digest,
        entries=digests,
        inline=inline,
    )
    filled = form.fill(workspace=workspace, cluster=cluster, uid=uid, generation=generation)
    assert filled == event.encode()
