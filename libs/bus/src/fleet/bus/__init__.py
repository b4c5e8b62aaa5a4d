"""How events travel: publish, subscribe, batch, lease. The only importer of nats."""

from fleet.bus.batch import Batch, header_block
from fleet.bus.bus import Bus
from fleet.bus.core import IMPORTED, Heard
from fleet.bus.errors import BusError, Conflict, Full, Refused, Reject, Retry, Unreachable
from fleet.bus.follow import Feed
from fleet.bus.lease import Lease
from fleet.bus.subscriber import Subscriber

__all__ = [
    "IMPORTED",
    "Batch",
    "Bus",
    "BusError",
    "Conflict",
    "Feed",
    "Full",
    "Heard",
    "Lease",
    "Refused",
    "Reject",
    "Retry",
    "Subscriber",
    "Unreachable",
    "header_block",
]
