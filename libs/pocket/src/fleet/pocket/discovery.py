"""What a client asks first: which groups, versions and resources there are."""

from typing import Any

from .registry import Registry
from .resources import VERBS, Resource

Object = dict[str, Any]

VERSION: Object = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0+pocket",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "cpython",
    "platform": "linux/amd64",
}


def answer(registry: Registry, path: str) -> Object | None:
    """The document at a discovery path; None when the path is none. Raises 404 for a group that is not
    served.
    """
    parts = path.strip("/").split("/")
    match parts:
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case ["apis"]:
            groups = [_group(group, versions) for group, versions in sorted(registry.groups().items())]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        case ["apis", group] if group in registry.groups():
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, registry.groups()[group])}
        case ["api", version]:
            return _resources(registry.of_group("", version))
        case ["apis", group, version]:
            return _resources(registry.of_group(group, version))
    return None


def _group(group: str, versions: list[str]) -> Object:
    listed = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": listed, "preferredVersion": listed[0]}


def _resources(resources: list[Resource]) -> Object:
    listed: list[Object] = []
    for resource in resources:
        entry: Object = {
            "name": resource.plural,
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(VERBS),
        }
        if resource.short_names:
            entry["shortNames"] = list(resource.short_names)
        if resource.categories:
            entry["categories"] = list(resource.categories)
        listed.append(entry)
        listed += _subresources(resource)
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": resources[0].api_version,
        "resources": listed,
    }


def _subresources(resource: Resource) -> list[Object]:
    common = {"singularName": "", "namespaced": resource.namespaced, "verbs": ["get", "patch", "update"]}
    found: list[Object] = []
    if resource.status:
        found.append({"name": f"{resource.plural}/status", "kind": resource.kind, **common})
    if resource.scale:
        scale = {"kind": "Scale", "group": "autoscaling", "version": "v1"}
        found.append({"name": f"{resource.plural}/scale", **common, **scale})
    return found
