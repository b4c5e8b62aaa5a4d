"""The metadata and the frame of a declared object."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from fleet.cli.objects.model import Annotations, Labels, SpecModel
from fleet.cli.objects.names import dns_label, dns_subdomain


class Metadata(SpecModel):
    """What of ObjectMeta may stand in a file.

    What the server owns (uid, generation and so on) is accepted and not used, so that the output of
    `fleet get -o yaml` can be applied again.
    """

    name: Annotated[str, AfterValidator(dns_subdomain)]
    namespace: Annotated[str, AfterValidator(dns_label)] | None = None
    labels: Labels = Field(default_factory=dict)
    annotations: Annotations = Field(default_factory=dict)
    uid: Any = None
    generation: Any = None
    resource_version: Any = None
    creation_timestamp: Any = None
    deletion_timestamp: Any = None
    deletion_grace_period_seconds: Any = None
    finalizers: Any = None
    owner_references: Any = None
    managed_fields: Any = None
    self_link: Any = None


class ObjectFrame(SpecModel):
    """What every object has around its own fields; `status` is accepted and not used."""

    api_version: Literal["fleet.cattle.io/v1alpha1"]
    kind: str
    metadata: Metadata
    status: Any = None
