"""Composition root of the agent."""

import argparse
from pathlib import Path

from fleet.agent.adapters.calls import Calls
from fleet.agent.adapters.program_name import HELM_MANAGER, name_program
from fleet.agent.adapters.scratch import sweep
from fleet.agent.adapters.templates import Templates
from fleet.agent.roster import Roster, listed, one
from fleet.runtime import Runtime, Settings, run


def main() -> None:
    """Run the agent of one cluster, or those of several, with the settings of the environment."""
    parser = argparse.ArgumentParser(prog="fleet-agent", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--identity", type=Path, metavar="FILE", help="the identity of one cluster")
    which.add_argument(
        "--identities", type=Path, metavar="FILE", help="a JSON list of identity files; SIGHUP reads it again"
    )
    arguments = parser.parse_args()
    name_program(HELM_MANAGER)
    files = one(arguments.identity) if arguments.identity else listed(arguments.identities)

    async def serve(runtime: Runtime) -> None:
        scratch = runtime.settings.data / "scratch"
        sweep(scratch)
        async with Templates() as templates:
            roster = Roster(identities=files, calls=Calls(), templates=templates, scratch=scratch)
            runtime.health.probe("agents", lambda: roster.waits_for)
            runtime.log.info("ready")
            await roster.run()

    # Every agent has a connection of its own, with its own credentials: the process has none.
    run("agent", serve, Settings(nats_url=""))
