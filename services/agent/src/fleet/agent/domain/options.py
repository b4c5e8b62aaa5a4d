"""How one bundle is deployed to this cluster: Fleet's `BundleDeploymentOptions`, after merging.

They come sealed, because values may be secrets. Unknown fields are ignored: a newer hub may send more.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from fleet.agent.domain.errors import BadContent
from fleet.names import helm_release_name

DEFAULT_NAMESPACE = "default"
MAX_HISTORY = 2
"""How many revisions of a release are kept where the options name no number, as in Fleet."""


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: item for key, item in value.items() if item is not None}
        return value


class KeyReference(_Block):
    """One key of a Secret or ConfigMap in the cluster; without a namespace the release's."""

    name: str
    namespace: str = ""
    key: str = "values.yaml"


class ValuesFrom(_Block):
    """Where further values come from; the ConfigMap goes first where both are named."""

    config_map_key_ref: KeyReference | None = None
    secret_key_ref: KeyReference | None = None


class HelmOptions(_Block):
    """How a chart is found and installed."""

    chart: str = ""
    repo: str = ""
    version: str = ""
    release_name: str = ""
    values: dict[str, Any] = Field(default_factory=dict)
    values_from: tuple[ValuesFrom, ...] = ()
    timeout_seconds: int = 0
    force: bool = False
    take_ownership: bool = False
    max_history: int = 0
    wait_for_jobs: bool = False
    atomic: bool = False
    disable_dns: bool = Field(default=False, alias="disableDNS")
    skip_schema_validation: bool = False


class KustomizeOptions(_Block):
    """Which directory of the bundle Kustomize builds."""

    dir: str = ""


class YAMLOptions(_Block):
    """Overlay directories, applied in order."""

    overlays: tuple[str, ...] = ()


class PatchOperation(_Block):
    """One JSON patch operation of a comparison; `value` is JSON or plain text."""

    op: Literal["add", "remove", "replace", "move", "copy", "test", "ignore"]
    path: str = ""
    value: Any = None


class ComparePatch(_Block):
    """What is left out when a live object is compared."""

    api_version: str = ""
    kind: str = ""
    name: str = ""
    namespace: str = ""
    json_pointers: tuple[str, ...] = ()
    operations: tuple[PatchOperation, ...] = ()


class DiffOptions(_Block):
    """Exceptions from drift detection."""

    compare_patches: tuple[ComparePatch, ...] = ()


class IgnoreOptions(_Block):
    """Status conditions that do not count for readiness: all keys of one must be equal."""

    conditions: tuple[dict[str, str], ...] = ()


class CorrectDrift(_Block):
    """Whether drift is corrected, by replacing what cannot be changed in place, and what a failure leaves."""

    enabled: bool = False
    force: bool = False
    keep_fail_history: bool = False


class OverwrittenResource(_Block):
    """An object that a bundle which is going away still owns."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class Options(_Block):
    """All options of one bundle on this cluster."""

    default_namespace: str = ""
    namespace: str = ""
    kustomize: KustomizeOptions = KustomizeOptions()
    helm: HelmOptions = HelmOptions()
    yaml: YAMLOptions = YAMLOptions()
    service_account: str = ""
    create_namespace: bool = True
    diff: DiffOptions = DiffOptions()
    keep_resources: bool = False
    ignore: IgnoreOptions = IgnoreOptions()
    correct_drift: CorrectDrift = CorrectDrift()
    namespace_labels: dict[str, str] = Field(default_factory=dict)
    namespace_annotations: dict[str, str] = Field(default_factory=dict)
    delete_crd_resources: bool = Field(default=False, alias="deleteCRDResources")
    overwrites: tuple[OverwrittenResource, ...] = ()

    @property
    def release_namespace(self) -> str:
        """The namespace of the Helm release: forced, else default, else `default` (Fleet)."""
        return self.namespace or self.default_namespace or DEFAULT_NAMESPACE

    @property
    def max_history(self) -> int:
        """How many revisions Helm keeps."""
        return self.helm.max_history or MAX_HISTORY

    @property
    def replace_objects(self) -> bool:
        """Whether what cannot be changed in place is deleted and made again."""
        return self.helm.force or self.correct_drift.force

    def release_name(self, bundle: str) -> str:
        """The name of the Helm release of this bundle."""
        return self.helm.release_name or helm_release_name(bundle)


def read_options(data: bytes) -> Options:
    """Read the options of a deployment. Raises BadContent naming the field, never its value."""
    try:
        return Options.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadContent(f"deployment options: {place}: {first['msg']}") from None
