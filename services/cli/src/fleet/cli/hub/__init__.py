"""An embedded hub: NATS, the services, pocket clusters and their agents, as processes of one supervisor."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fleet.cli.hub.hub import Hub

__all__ = ["Hub"]


def __getattr__(name: str) -> Any:
    """Import the supervisor when it is asked for; most commands need only the layout of its folder."""
    if name == "Hub":
        from fleet.cli.hub.hub import Hub

        return Hub
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
