"""The marks by which an object, and a release, is known as ours: Fleet's own, and two more of ours."""

import hashlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from fleet.agent.domain.objects import Object
from fleet.names import safe_concat

HASH_LABEL = "objectset.rio.cattle.io/hash"
ID_ANNOTATION = "objectset.rio.cattle.io/id"
KEEP_ANNOTATION = "helm.sh/resource-policy"

AGENT_NAMESPACE = "cattle-fleet-system"
"""Where an agent and its own state live, as in Fleet."""

_BOOTSTRAP = "fleet-agent"


def set_id(bundle: str) -> str:
    """The id of the set of objects that a bundle owns. Fleet's own agent bundles share one id."""
    if bundle.startswith(_BOOTSTRAP):
        return "fleet-agent-bootstrap"
    return safe_concat("default", bundle)


def set_hash(bundle: str) -> str:
    """The value of the label that all objects of a bundle carry: the SHA-1 of the set's id."""
    return hashlib.sha1(set_id(bundle).encode(), usedforsecurity=False).hexdigest()


def mark(item: Object, bundle: str, *, keep_crds: bool) -> Object:
    """Return the object with the marks of its bundle; a CRD also says that Helm shall keep it."""
    marked = deepcopy(item)
    metadata = marked.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), HASH_LABEL: set_hash(bundle)}
    added = {ID_ANNOTATION: set_id(bundle)}
    if keep_crds and marked.get("kind") == "CustomResourceDefinition":
        added[KEEP_ANNOTATION] = "keep"
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **added}
    return marked


@dataclass(frozen=True, slots=True)
class ReleaseMarks:
    """What a release says about itself in its chart's annotations (Fleet's, then ours).

    `deployment_id` is what is deployed, `entry` the digest of the manifest's entry that it was last
    found equal to.
    """

    bundle: str
    namespace: str
    deployment_id: str
    entry: str
    agent_namespace: str = AGENT_NAMESPACE
    service_account: str = ""
    keep_resources: bool = False
    commit: str = ""

    def annotations(self) -> dict[str, str]:
        """The annotations to put on the chart."""
        return {
            "fleet.cattle.io/bundle-id": self.bundle,
            "fleet.cattle.io/bundle-namespace": self.namespace,
            "fleet.cattle.io/agent-namespace": self.agent_namespace,
            "fleet.cattle.io/service-account": self.service_account,
            "fleet.cattle.io/keep-resources": str(self.keep_resources).lower(),
            "fleet.cattle.io/commit": self.commit,
            "fleet.cattle.io/deployment-id": self.deployment_id,
            ENTRY_ANNOTATION: self.entry,
        }

    @classmethod
    def read(cls, annotations: Mapping[str, Any]) -> "ReleaseMarks | None":
        """Read them back; None for a release that no Fleet agent made."""
        bundle = str(annotations.get("fleet.cattle.io/bundle-id") or "")
        agent = str(annotations.get("fleet.cattle.io/agent-namespace") or "")
        if not bundle or not agent:
            return None
        return cls(
            bundle=bundle,
            namespace=str(annotations.get("fleet.cattle.io/bundle-namespace") or ""),
            deployment_id=str(annotations.get("fleet.cattle.io/deployment-id") or ""),
            entry=str(annotations.get(ENTRY_ANNOTATION) or ""),
            agent_namespace=agent,
            service_account=str(annotations.get("fleet.cattle.io/service-account") or ""),
            keep_resources=annotations.get("fleet.cattle.io/keep-resources") == "true",
            commit=str(annotations.get("fleet.cattle.io/commit") or ""),
        )


ENTRY_ANNOTATION = "fleet.cattle.io/entry"
