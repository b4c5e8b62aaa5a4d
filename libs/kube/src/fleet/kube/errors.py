"""What can go wrong between this process and a cluster.

KubeError
 ├─ NotFound      no such object, kind or namespace
 ├─ Conflict      the object exists already, changed meanwhile, or another manager owns a field
 ├─ Invalid       the cluster read the request and refuses its content
 ├─ Forbidden     the cluster refuses the caller
 ├─ Expired       a resourceVersion or continue token is too old: list again
 └─ Unavailable   no answer, or one that says "later"

No error carries credentials or a request body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class KubeError(Exception):
    """A request to a cluster that came to nothing."""

    cluster: str
    method: str
    path: str
    code: int
    """HTTP status; 0 when there was no answer."""
    reason: str
    """One word from the API, such as `AlreadyExists`; for a lost connection the kind of loss."""
    message: str

    def __str__(self) -> str:
        answer = f"{self.code} {self.reason}".strip() if self.code else self.reason
        return f"cluster {self.cluster}: {self.method} {self.path}: {answer}: {self.message}"


class NotFound(KubeError):
    """There is no such object, kind or namespace."""


class Conflict(KubeError):
    """It exists already, changed meanwhile, or somebody else owns a field."""

    @property
    def exists(self) -> bool:
        """Whether a create found the object in place."""
        return self.reason == "AlreadyExists"


class Invalid(KubeError):
    """The content of the request is refused; the same request will be refused again."""


class Forbidden(KubeError):
    """The caller may not do this, or is not known."""


class Expired(KubeError):
    """The version to continue from is not kept any more; list again and go on from there."""


class Unavailable(KubeError):
    """No answer, or one that says that the server cannot answer now; the same request may succeed later."""


_BY_CODE: dict[int, type[KubeError]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: Expired,
    429: Unavailable,
}


def from_status(cluster: str, method: str, path: str, code: int, status: Mapping[str, Any]) -> KubeError:
    """The error that an HTTP status and its `Status` object stand for."""
    kind = _BY_CODE.get(code, Unavailable if code >= 500 else Invalid)
    message = str(status.get("message") or "the answer gives no reason")
    return kind(cluster, method, path, code, str(status.get("reason") or ""), message)
