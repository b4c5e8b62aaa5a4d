"""Whether a pod could start: its image, and the things it refers to."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
Find = Callable[[str, str, str], Object | None]
"""An object by table, namespace and name; None when it does not exist."""

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?P<host>[A-Za-z0-9.-]+(?::[0-9]+)?)/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-fA-F]{32,})?"
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a pod waits, in the words of a container's `waiting` state."""

    reason: str
    message: str


def blocker(spec: Object, namespace: str, find: Find) -> Blocked | None:
    """The first thing that keeps a pod of this spec from starting; None when nothing does."""
    return next(_blockers(spec, namespace, find), None)


def _blockers(spec: Object, namespace: str, find: Find) -> Iterator[Blocked]:
    account = spec.get("serviceAccountName") or "default"
    if find("serviceaccounts", namespace, account) is None:
        yield Blocked("FailedCreate", f'serviceaccount "{account}" not found')
    for volume in spec.get("volumes") or ():
        yield from _volume(volume, namespace, find)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        yield from _image(container.get("image") or "")
        yield from _environment(container, namespace, find)


def _image(image: str) -> Iterator[Blocked]:
    found = _IMAGE.fullmatch(image)
    if not found:
        yield Blocked("InvalidImageName", f'couldn\'t parse image name "{image}": invalid reference format')
    elif (found["host"] or "").partition(":")[0].endswith(".invalid"):
        yield Blocked("ErrImagePull", f'failed to pull image "{image}": no such host')


def _volume(volume: Object, namespace: str, find: Find) -> Iterator[Blocked]:
    if claim := (volume.get("persistentVolumeClaim") or {}).get("claimName"):
        bound = find("persistentvolumeclaims", namespace, claim)
        if bound is None:
            yield Blocked("Unschedulable", f'persistentvolumeclaim "{claim}" not found')
        elif (bound.get("status") or {}).get("phase") != "Bound":
            yield Blocked("Unschedulable", f'persistentvolumeclaim "{claim}" is not bound')
    for source in [volume, *((volume.get("projected") or {}).get("sources") or ())]:
        if config := source.get("configMap"):
            yield from _reference("configmaps", config, namespace, find)
        if secret := source.get("secret"):
            named = {
                "name": secret.get("secretName") or secret.get("name"),
                "optional": secret.get("optional"),
            }
            yield from _reference("secrets", named, namespace, find)


def _environment(container: Object, namespace: str, find: Find) -> Iterator[Blocked]:
    for source in container.get("envFrom") or ():
        yield from _reference("configmaps", source.get("configMapRef"), namespace, find)
        yield from _reference("secrets", source.get("secretRef"), namespace, find)
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        yield from _reference("configmaps", source.get("configMapKeyRef"), namespace, find)
        yield from _reference("secrets", source.get("secretKeyRef"), namespace, find)


def _reference(table: str, reference: Object | None, namespace: str, find: Find) -> Iterator[Blocked]:
    if not reference or reference.get("optional") or not reference.get("name"):
        return
    kind, name, key = table.removesuffix("s"), reference["name"], reference.get("key")
    found = find(table, namespace, name)
    if found is None:
        yield Blocked("CreateContainerConfigError", f'{kind} "{name}" not found')
    elif key and key not in (found.get("data") or {}) and key not in (found.get("binaryData") or {}):
        yield Blocked("CreateContainerConfigError", f"couldn't find key {key} in {kind} {namespace}/{name}")
