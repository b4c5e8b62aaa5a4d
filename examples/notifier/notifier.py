"""Tell a human whenever a bundle on a cluster is not Ready."""

from fleet.bus import Subscriber
from fleet.events import DeploymentReported, Stored
from fleet.runtime import serve


async def announce(message: Stored[DeploymentReported]) -> None:
    """Say which cluster is behind, and why."""
    report = message.event
    for bundle in report.not_ready:
        print(f"{report.workspace}/{report.cluster}: {bundle.bundle} is {bundle.state}: {bundle.message}")


if __name__ == "__main__":
    serve(Subscriber("notifier").on(DeploymentReported, announce))
