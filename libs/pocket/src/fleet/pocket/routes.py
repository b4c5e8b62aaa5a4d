"""What a path stands for."""

from dataclasses import dataclass

from .errors import no_such_path
from .registry import Registry
from .resources import Resource

# Kinds that are only asked, never kept: group, plural and kind.
REVIEWS = {
    ("authorization.k8s.io", "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    ("authorization.k8s.io", "selfsubjectrulesreviews"): "SelfSubjectRulesReview",
    ("authorization.k8s.io", "subjectaccessreviews"): "SubjectAccessReview",
    ("authorization.k8s.io", "localsubjectaccessreviews"): "LocalSubjectAccessReview",
    ("authentication.k8s.io", "selfsubjectreviews"): "SelfSubjectReview",
    ("authentication.k8s.io", "tokenreviews"): "TokenReview",
}


@dataclass(frozen=True, slots=True)
class Target:
    """A collection (no name), an object, or one of its subresources."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def review(path: str) -> tuple[str, str] | None:
    """The (apiVersion, kind) of a review at this path; None when the path is none."""
    match path.strip("/").split("/"):
        case ["apis", group, "v1", plural] | ["apis", group, "v1", "namespaces", _, plural]:
            kind = REVIEWS.get((group, plural))
            return (f"{group}/v1", kind) if kind else None
    return None


def target(registry: Registry, path: str) -> Target:
    """The target of a path below a cluster's root; raises 404."""
    parts = path.strip("/").split("/")
    match parts:
        case ["api", version, *rest] if rest:
            group = ""
        case ["apis", group, version, *rest] if rest:
            pass
        case _:
            raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        raise no_such_path()
    plural, name, subresource = (*rest, "", "")[:3]
    resource = registry.find(group, version, plural)
    if namespace and not resource.namespaced:
        raise no_such_path()
    if resource.namespaced and name and not namespace:
        raise no_such_path()
    return Target(resource, namespace, name, subresource)
