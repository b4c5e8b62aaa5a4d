"""The one error a pocket cluster answers with, and the forms a real API server gives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong: the dotted path, a machine-readable reason, and a sentence."""

    field: str
    reason: str
    message: str


@dataclass(slots=True)
class ApiError(Exception):
    """A request that was refused; becomes a `Status` object with this HTTP code."""

    code: int
    reason: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def status(self) -> dict[str, Any]:
        """The `Status` object a client reads."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def not_found(plural: str, group: str, name: str) -> ApiError:
    """404 for a named object."""
    shown = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural}
    return ApiError(404, "NotFound", f'{shown} "{name}" not found', details)


def no_such_path() -> ApiError:
    """404 for a path that no resource answers."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def already_exists(plural: str, group: str, name: str) -> ApiError:
    """409 for a create of something that is there."""
    shown = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural}
    return ApiError(409, "AlreadyExists", f'{shown} "{name}" already exists', details)


def conflict(plural: str, group: str, name: str, why: str = "") -> ApiError:
    """409 for a write that rests on an older version, or a precondition that does not hold."""
    shown = f"{plural}.{group}" if group else plural
    why = why or (
        "the object has been modified; please apply your changes to the latest version and try again"
    )
    message = f'Operation cannot be fulfilled on {shown} "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "group": group, "kind": plural})


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> ApiError:
    """422 with one cause for each field that is wrong."""
    shown = f"{kind}.{group}" if group else kind
    lines = [f"{cause.field}: {cause.message}" for cause in causes]
    text = lines[0] if len(lines) == 1 else "[" + ", ".join(lines) + "]"
    details = {
        "name": name,
        "group": group,
        "kind": kind,
        "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes],
    }
    return ApiError(422, "Invalid", f'{shown} "{name}" is invalid: {text}', details)


def bad_request(message: str) -> ApiError:
    """400 for a body or a parameter that cannot be read."""
    return ApiError(400, "BadRequest", message)


def forbidden(plural: str, group: str, name: str, why: str, **details: Any) -> ApiError:
    """403 with the reason at the end."""
    shown = f"{plural}.{group}" if group else plural
    message = f'{shown} "{name}" is forbidden: {why}'
    return ApiError(403, "Forbidden", message, {"name": name, "group": group, "kind": plural, **details})


def unsupported_media_type(content_type: str, accepted: Sequence[str]) -> ApiError:
    """415 with what would be accepted."""
    known = ", ".join(accepted)
    message = f"the body of the request was in an unknown format - accepted media types include: {known}"
    return ApiError(415, "UnsupportedMediaType", message, {"contentType": content_type})


def method_not_allowed(method: str) -> ApiError:
    """405 for a verb that the path does not have."""
    return ApiError(405, "MethodNotAllowed", f"the server does not allow {method} on the requested resource")


def expired(message: str) -> ApiError:
    """410 for a resourceVersion or continue token that is no longer held."""
    return ApiError(410, "Expired", message)


def merge_conflict(conflicts: Sequence[tuple[str, str]]) -> ApiError:
    """409 of a server-side apply: pairs of (manager that owns the field, dotted field path)."""
    plural = "conflict" if len(conflicts) == 1 else "conflicts"
    managers: dict[str, list[str]] = {}
    for manager, path in conflicts:
        managers.setdefault(manager, []).append(path)
    if len(conflicts) == 1:
        said = f'conflict with "{conflicts[0][0]}": {conflicts[0][1]}'
    else:
        parts = [f'conflicts with "{m}":\n- ' + "\n- ".join(paths) for m, paths in managers.items()]
        said = "\n".join(parts)
    causes = [
        {"reason": "FieldManagerConflict", "message": f'conflict with "{m}"', "field": p}
        for m, p in conflicts
    ]
    message = f"Apply failed with {len(conflicts)} {plural}: {said}"
    return ApiError(409, "Conflict", message, {"causes": causes})


def success(details: Mapping[str, Any]) -> dict[str, Any]:
    """The `Status` object of a deletion that is done."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
