"""Only the cluster's own, genuine and newest manifest is acted on."""

from pathlib import Path

import pytest

from fleet.agent.domain.acceptance import Accepted, Floor, Refused, accept
from fleet.agent.domain.identity import Identity
from fleet.events import MAC_HEADER, DeploymentTargeted, Entry, manifest_digest

ME = Identity(
    server="nats://127.0.0.1:4222",
    workspace="fleet-default",
    cluster="edge.1",
    uid="uid-1",
    seed="S",
    mac_key="11" * 32,
    encryption_key="22" * 32,
    kubeconfig=Path("kubeconfig"),
)
ENTRY = Entry(
    namespace="fleet-default",
    bundle="shop",
    bundle_uid="b",
    deployment_id="s-1:2",
    content="1" * 32,
    options="2" * 32,
)
NOTHING = Floor()


def manifest(**changes: object) -> DeploymentTargeted:
    entries = (ENTRY.digest(),)
    made = DeploymentTargeted(
        workspace=ME.workspace,
        cluster=ME.cluster,
        uid=ME.uid,
        epoch=5,
        generation=7,
        digest=manifest_digest(entries),
        entries=entries,
        inline={ENTRY.digest(): ENTRY},
    )
    return made.model_copy(update=changes)


def judged(
    sent: DeploymentTargeted,
    floor: Floor = NOTHING,
    *,
    subject: str = "",
    mac: str | None = None,
    body: bytes = b"",
) -> Accepted | Refused:
    place = subject or ME.desired_subject
    data = body or sent.encode()
    signed = ME.keys.sign(place, data) if mac is None else mac
    return accept(place, data, {MAC_HEADER: signed}, ME, floor)


def test_a_genuine_manifest_is_accepted_and_moves_the_floor() -> None:
    verdict = judged(manifest())
    assert isinstance(verdict, Accepted)
    assert verdict.fresh
    assert verdict.floor == Floor("uid-1", 5, 7, manifest().digest)


def test_the_subject_is_the_clusters_own_with_its_name_as_a_token() -> None:
    assert ME.desired_subject == "fleet.desired.fleet-default.edge_1"


@pytest.mark.parametrize(
    ("sent", "subject", "mac", "reason"),
    [
        (manifest(), "fleet.desired.fleet-default.other", None, "another subject"),
        (manifest(), "", "00" * 16, "not signed"),
        (manifest(), "", "", "not signed"),
        (manifest(cluster="other"), "", None, "another cluster"),
        (manifest(workspace="fleet-local"), "", None, "another cluster"),
        (manifest(uid="uid-2"), "", None, "another uid"),
        (manifest(digest="0" * 32), "", None, "digest is not that of its entries"),
        (manifest(inline={"0" * 32: ENTRY}), "", None, "not what its digest says"),
    ],
)
def test_what_is_not_this_clusters_is_refused(
    sent: DeploymentTargeted, subject: str, mac: str | None, reason: str
) -> None:
    verdict = judged(sent, subject=subject, mac=mac)
    assert isinstance(verdict, Refused)
    assert reason in verdict.reason
    assert not verdict.stale


def test_a_signed_body_that_cannot_be_read_is_refused() -> None:
    assert isinstance(judged(manifest(), body=b"{}"), Refused)


def test_a_body_changed_after_signing_is_refused() -> None:
    mac = ME.keys.sign(ME.desired_subject, manifest().encode())
    verdict = accept(ME.desired_subject, manifest(generation=8).encode(), {MAC_HEADER: mac}, ME, NOTHING)
    assert isinstance(verdict, Refused)


@pytest.mark.parametrize(("epoch", "generation"), [(5, 6), (4, 99)])
def test_an_older_manifest_is_stale(epoch: int, generation: int) -> None:
    floor = Floor("uid-1", 5, 7, manifest().digest)
    verdict = judged(manifest(epoch=epoch, generation=generation), floor)
    assert isinstance(verdict, Refused)
    assert verdict.stale


@pytest.mark.parametrize(("epoch", "generation"), [(5, 8), (6, 1)])
def test_a_later_generation_or_epoch_is_fresh(epoch: int, generation: int) -> None:
    verdict = judged(manifest(epoch=epoch, generation=generation), Floor("uid-1", 5, 7, "x"))
    assert isinstance(verdict, Accepted)
    assert verdict.fresh


def test_the_same_manifest_again_is_nothing_new() -> None:
    verdict = judged(manifest(), Floor("uid-1", 5, 7, manifest().digest))
    assert isinstance(verdict, Accepted)
    assert not verdict.fresh


def test_another_manifest_of_the_same_generation_is_refused() -> None:
    assert isinstance(judged(manifest(), Floor("uid-1", 5, 7, "f" * 32)), Refused)


def test_the_floor_of_an_earlier_cluster_of_this_name_does_not_count() -> None:
    verdict = judged(manifest(), Floor("uid-0", 99, 99, "x"))
    assert isinstance(verdict, Accepted)
    assert verdict.fresh
