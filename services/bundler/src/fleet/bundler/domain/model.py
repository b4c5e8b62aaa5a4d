"""The fields of fleet.yaml and of Fleet's BundleSpec (`v1alpha1`), with their types."""

from fleet.bundler.domain.gotime import DurationText, TimeText
from fleet.bundler.domain.typed import (
    Flag,
    FreeMap,
    Kind,
    ListOf,
    MapOf,
    Struct,
    Text,
    Whole,
    WholeOrText,
)

_TEXT = Text()
_TEXTS = ListOf(_TEXT)
_FLAG = Flag()
_WHOLE = Whole()
_TEXT_MAP = MapOf(_TEXT)
_TEXT_MAP_POINTER = MapOf(_TEXT, pointer=True)


def _texts(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, _TEXT)


def _flags(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, _FLAG)


EXPRESSION = Struct(_texts("key", "operator") | {"values": _TEXTS}, required={"key": "", "operator": ""})

SELECTOR = Struct({"matchLabels": _TEXT_MAP, "matchExpressions": ListOf(EXPRESSION)})

_KEY_REFERENCE = Struct(_texts("name", "namespace", "key"), required={"name": ""})

HELM = Struct(
    {
        **_texts("chart", "repo", "releaseName", "version"),
        "timeoutSeconds": _WHOLE,
        "values": FreeMap(),
        "templateValues": _TEXT_MAP,
        "valuesFrom": ListOf(Struct({"configMapKeyRef": _KEY_REFERENCE, "secretKeyRef": _KEY_REFERENCE})),
        **_flags("force", "takeOwnership"),
        "maxHistory": _WHOLE,
        "valuesFiles": _TEXTS,
        **_flags("waitForJobs", "atomic", "disablePreProcess", "disableDNS", "skipSchemaValidation"),
        "disableDependencyUpdate": _FLAG,
    }
)

_COMPARE_PATCH = Struct(
    {
        **_texts("kind", "apiVersion", "namespace", "name"),
        "operations": ListOf(Struct(_texts("op", "path", "value"))),
        "jsonPointers": _TEXTS,
    }
)

OPTIONS: dict[str, Kind] = {
    **_texts("defaultNamespace", "namespace"),
    "kustomize": Struct(_texts("dir")),
    "helm": HELM,
    "serviceAccount": _TEXT,
    "createNamespace": Flag(pointer=True),
    "forceSyncGeneration": _WHOLE,
    "yaml": Struct({"overlays": _TEXTS}),
    "diff": Struct({"comparePatches": ListOf(_COMPARE_PATCH)}),
    **_flags("keepResources", "deleteNamespace"),
    "ignore": Struct({"conditions": ListOf(_TEXT_MAP)}),
    "correctDrift": Struct(_flags("enabled", "force", "keepFailHistory")),
    "namespaceLabels": _TEXT_MAP_POINTER,
    "namespaceAnnotations": _TEXT_MAP_POINTER,
    "deleteCRDResources": _FLAG,
    "downstreamResources": ListOf(Struct(_texts("kind", "name"))),
    "overwrites": ListOf(Struct(_texts("kind", "name", "namespace"))),
    "allowedTargetNamespaceSelector": SELECTOR,
}
"""`BundleDeploymentOptions`: how a bundle is deployed. `ignore` is no pointer in Go and so always written."""

_ALWAYS: dict[str, dict[str, str]] = {"ignore": {}}

WHERE: dict[str, Kind] = {
    **_texts("name", "clusterName"),
    "clusterSelector": SELECTOR,
    "clusterGroup": _TEXT,
    "clusterGroupSelector": SELECTOR,
}
"""Which clusters are meant; the whole of a GitTarget and of a target restriction."""

GIT_TARGET = Struct(WHERE)

_TARGET_OWN: dict[str, Kind] = {**WHERE, "doNotDeploy": _FLAG}

TARGET = Struct(
    {**OPTIONS, **_TARGET_OWN},
    required=_ALWAYS,
    direct=frozenset(_TARGET_OWN) | {"namespaceLabels", "namespaceAnnotations"},
)
"""`BundleTarget`: which clusters, and the options that differ there."""

_ROLLOUT = Struct(
    {
        **dict.fromkeys(("maxUnavailable", "maxUnavailablePartitions", "autoPartitionSize"), WholeOrText()),
        "autoPartitionThreshold": Whole(pointer=True),
        "maxNew": Whole(pointer=True),
        "partitions": ListOf(Struct({**WHERE, "maxUnavailable": WholeOrText()})),
    }
)

SPEC: dict[str, Kind] = {
    **OPTIONS,
    "paused": _FLAG,
    "targetCustomizationMode": _TEXT,
    "rolloutStrategy": _ROLLOUT,
    "resources": ListOf(Struct(_texts("name", "content", "encoding"))),
    "targets": ListOf(TARGET),
    "targetRestrictions": ListOf(GIT_TARGET),
    "dependsOn": ListOf(Struct({"name": _TEXT, "selector": SELECTOR, "acceptedStates": _TEXTS})),
}
"""`BundleSpec`: the options of every cluster, and all that decides where and when."""

BUNDLE_SPEC = Struct(SPEC, required=_ALWAYS, direct=frozenset())

PRINTED: dict[str, Kind] = {
    **_texts("contentsId", "valuesHash"),
    "helmOpOptions": Struct(
        _texts("helmOpSecretName") | _flags("helmOpInsecureSkipTLSVerify") | _texts("helmOpCABundle")
    ),
}
"""Fields of a BundleSpec that are for Fleet itself to write. It prints those of a fleet.yaml all the same."""

_SPEC_FILE = SPEC | PRINTED

SPEC_FILE = Struct(_SPEC_FILE, required=_ALWAYS, direct=frozenset(_SPEC_FILE) - frozenset(OPTIONS))
"""A BundleSpec that is a file of its own, as the targets file is."""

IMAGE_SCAN = Struct(
    {
        "name": _TEXT,
        "tagName": _TEXT,
        "gitrepoName": _TEXT,
        "image": _TEXT,
        "interval": DurationText(),
        "secretRef": Struct(_texts("name")),
        "suspend": _FLAG,
        "policy": Struct(
            {
                "semver": Struct(_texts("range"), required={"range": ""}),
                "alphabetical": Struct(_texts("order")),
            }
        ),
    },
    required={"interval": "0s", "policy": {}},
    direct=frozenset({"name"}),
)
"""`ImageScanSpec`, and the name that nobody uses."""

_FILE_OWN: dict[str, Kind] = {
    "name": _TEXT,
    "labels": _TEXT_MAP,
    "targetCustomizations": ListOf(TARGET),
    "imageScans": ListOf(IMAGE_SCAN),
    "overrideTargets": ListOf(GIT_TARGET),
}

FLEET_YAML = Struct({**_SPEC_FILE, **_FILE_OWN}, required=_ALWAYS, direct=frozenset(_FILE_OWN))
"""The file: a BundleSpec with the fields that only fleet.yaml has, all at the top level."""

_OWNER = Struct(_texts("apiVersion", "kind", "name", "uid") | _flags("controller", "blockOwnerDeletion"))

_META_TEXTS = ("name", "generateName", "namespace", "selfLink", "uid", "resourceVersion")
_META_MAP = MapOf(_TEXT, gentle=frozenset(_META_TEXTS))  # the parser takes their keys for the fields around

METADATA = Struct(
    {
        **_texts(*_META_TEXTS),
        "generation": _WHOLE,
        "creationTimestamp": TimeText(),
        "deletionTimestamp": TimeText(),
        "deletionGracePeriodSeconds": _WHOLE,
        "labels": _META_MAP,
        "annotations": _META_MAP,
        "ownerReferences": ListOf(_OWNER),
        "finalizers": _TEXTS,
        "managedFields": ListOf(
            Struct(
                _texts("manager", "operation", "apiVersion", "fieldsType", "subresource")
                | {"time": TimeText()}
            )
        ),
    }
)
"""`ObjectMeta`: Fleet reads the same file as the metadata of the Bundle too, which makes it strict about
`name` and `labels`. Labels and annotations come to something, the rest is only checked."""
