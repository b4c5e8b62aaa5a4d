"""The contract in JSON: a schema and an example per event class, generated here and committed.

`python -m fleet.events.schemas FOLDER` writes `schemas/` and `examples/` below the folder; a test
generates both again and compares, so a changed event is a visible change of the contract.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel

from fleet.events._base import Event, event_id
from fleet.events.bundles import BundleRendered, BundleRetired, BundleSet, Owner, set_digest, spec_digest
from fleet.events.catalogue import CATALOGUE
from fleet.events.delivery import BundleReport, DeploymentReported, Heartbeat, LastSeen, ResourceReport
from fleet.events.envelope import Envelope
from fleet.events.housekeeping import DeadLetter, LeaseTaken
from fleet.events.placement import Cohort, DeploymentTargeted, Entry, RolloutAdvanced, manifest_digest
from fleet.events.records import ClusterRecord, Member, ObjectMeta, Resource
from fleet.events.source import GitCommitDetected, LookAsked
from fleet.events.views import Condition, ViewPart

_TIME = "2026-01-02T03:04:05Z"
_UID = event_id("example", "gitrepo")
_BUNDLE_UID = event_id("example", "bundle")
_CLUSTER_UID = event_id("example", "cluster")
_COMMIT = "4c1f0b7e5a3d9b2f6e8c1a0d7f4b3e2c9a8d5f61"
_CONTENT = "7d0f3a1b9c2e4d5f8a6b0c1d2e3f4a5b"
_OPTIONS = "0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e"
_SPEC = {"targets": [{"name": "edge", "clusterSelector": {"matchLabels": {"tier": "edge"}}}]}
_OWNER = Owner(kind="GitRepo", name="shop", uid=_UID)
_SPEC_DIGEST = spec_digest(labels={}, spec=_SPEC, content=_CONTENT, options=_OPTIONS)
_SET = BundleSet(size=1, digest=set_digest({"shop-web": _SPEC_DIGEST}))
_ENTRY = Entry(
    namespace="fleet-default",
    bundle="shop-web",
    bundle_uid=_BUNDLE_UID,
    deployment_id=f"s-{_CONTENT}:{_OPTIONS}",
    content=_CONTENT,
    options=_OPTIONS,
    labels={"fleet.cattle.io/repo-name": "shop"},
    depends_on=({"name": "shop-database"},),
)


def _meta(name: str, uid: str, **labels: str) -> ObjectMeta:
    return ObjectMeta(name=name, namespace="fleet-default", uid=uid, creation_timestamp=_TIME, labels=labels)


def _declared() -> tuple[Event, ...]:
    repo = {"repo": "https://git.example/shop.git", "branch": "main", "paths": ["web"]}
    return (
        Resource(kind="gitrepo", metadata=_meta("shop", _UID, team="web"), spec=repo),
        ClusterRecord(metadata=_meta("alpha", _CLUSTER_UID, tier="edge"), spec={"paused": False}),
        Member(workspace="fleet-default", cluster="alpha", uid=_CLUSTER_UID),
    )


def _read() -> tuple[Event, ...]:
    common = {"workspace": "fleet-default", "bundle": "shop-web", "uid": _BUNDLE_UID, "owner": _OWNER}
    return (
        GitCommitDetected(
            workspace="fleet-default",
            gitrepo="shop",
            uid=_UID,
            generation=1,
            repo="https://git.example/shop.git",
            branch="main",
            commit=_COMMIT,
        ),
        LookAsked(workspace="fleet-default", gitrepo="shop"),
        BundleRendered(
            **common,
            commit=_COMMIT,
            commit_sequence=7,
            set=_SET,
            spec=_SPEC,
            content=_CONTENT,
            options=_OPTIONS,
            spec_digest=_SPEC_DIGEST,
        ),
        BundleRetired(
            **common, commit=_COMMIT, commit_sequence=8, set=BundleSet(size=0, digest=set_digest({}))
        ),
    )


def _placed() -> tuple[Event, ...]:
    digest = _ENTRY.digest()
    return (
        RolloutAdvanced(
            workspace="fleet-default",
            bundle="shop-web",
            uid=_BUNDLE_UID,
            members_sequence=4,
            cohorts=(
                Cohort(
                    deployment_id=_ENTRY.deployment_id,
                    content=_CONTENT,
                    options=_OPTIONS,
                    members="OjAAAAEAAAAAAAIAEAAAAAEAAgADAA==",
                ),
            ),
            staged=(
                Cohort(
                    deployment_id=_ENTRY.deployment_id,
                    content=_CONTENT,
                    options=_OPTIONS,
                    members="OjAAAAEAAAAAAAAAEAAAAAQA",
                ),
            ),
            complete=True,
        ),
        DeploymentTargeted(
            workspace="fleet-default",
            cluster="alpha",
            uid=_CLUSTER_UID,
            epoch=1767323045000,
            generation=4,
            digest=manifest_digest((digest,)),
            entries=(digest,),
            inline={digest: _ENTRY},
        ),
    )


def _told() -> tuple[Event, ...]:
    digest = _ENTRY.digest()
    at = {
        "workspace": "fleet-default",
        "cluster": "alpha",
        "uid": _CLUSTER_UID,
        "epoch": 1767323045000,
        "generation": 4,
        "digest": manifest_digest((digest,)),
    }
    missing = ResourceReport(
        api_version="v1", kind="Service", namespace="web", name="shop", state="missing", message="missing"
    )
    report = BundleReport(
        namespace="fleet-default",
        bundle="shop-web",
        entry=digest,
        state="Modified",
        seconds=12,
        deployment_id=_ENTRY.deployment_id,
        message="service.v1 web/shop missing",
        resources=(missing,),
    )
    return (
        DeploymentReported(**at, entries=(digest,), not_ready=(report,)),
        Heartbeat(**at, reported=digest),
        LastSeen(shard="all", n=0, seen={"fleet-default/alpha": 1767323045}),
    )


def _kept() -> tuple[Event, ...]:
    ready = Condition(type="Ready", status="True", last_update_time=_TIME)
    return (
        ViewPart(
            kind="bundle",
            workspace="fleet-default",
            name="shop-web",
            part="rollup",
            uid=_BUNDLE_UID,
            observed_generation=1,
            status={"display": {"readyClusters": "1/1"}, "summary": {"desiredReady": 1, "ready": 1}},
            conditions=(ready,),
        ),
        DeadLetter(
            service="notifier",
            event="deployment-reported",
            reason="no address to tell",
            subject_of_event="fleet.status.fleet-default.alpha",
            stream="STATUS",
            sequence=41,
            headers={"ce-type": DeploymentReported.type_name()},
            body="{}",
        ),
        LeaseTaken(name="targeter", holder="targeter-1", epoch=1767323045000, ttl=3.0),
    )


def examples() -> Mapping[str, Event]:
    """One conforming example per event class, by class name."""
    found = (*_declared(), *_read(), *_placed(), *_told(), *_kept())
    return {event.kind_name(): event for event in found}


def schema_of(cls: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of an event's body, with the type, stream and subject that it travels under."""
    schema = cls.model_json_schema(by_alias=True, mode="serialization")
    if issubclass(cls, Event):
        schema["x-fleet"] = {
            "type": cls.type_name(),
            "stream": cls.STREAM or None,
            "subject": cls.SUBJECT,
        }
    return schema


def example_of(event: Event) -> dict[str, Any]:
    """An event as it travels: subject, headers and body."""
    envelope = Envelope(
        id=event_id("example", event.kind_name()),
        type=event.type_name(),
        source="example",
        time=_TIME,
        correlation_id=event_id("example", "GitCommitDetected"),
    )
    return {
        "subject": event.subject(),
        "headers": envelope.to_headers(),
        "body": orjson.loads(event.encode()),
    }


def files() -> Mapping[str, bytes]:
    """Every generated file: path below the package's folder, and its bytes."""
    by_class = examples()
    found: dict[str, bytes] = {}
    for cls in CATALOGUE.values():
        name = cls.kind_name()
        found[f"schemas/{name}.json"] = _pretty(schema_of(cls))
        found[f"examples/{name}.json"] = _pretty(example_of(by_class[name]))
    return found


def _pretty(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def main() -> None:
    """Write the generated files below the folder that the first argument names."""
    folder = Path(sys.argv[1])
    for path, data in files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main()
