"""How a cluster is touched: one thin client for dicts."""

from .access import Access, AccessError
from .client import KubeClient, Listing
from .discovery import Resource
from .errors import Conflict, Expired, Forbidden, Invalid, KubeError, NotFound, Unavailable
from .watch import WatchEvent

__all__ = [
    "Access",
    "AccessError",
    "Conflict",
    "Expired",
    "Forbidden",
    "Invalid",
    "KubeClient",
    "KubeError",
    "Listing",
    "NotFound",
    "Resource",
    "Unavailable",
    "WatchEvent",
]
