"""`python -m fleet.agent`."""

from fleet.agent.main import main

main()
