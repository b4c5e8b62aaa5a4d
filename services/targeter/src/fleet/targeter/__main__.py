"""`python -m fleet.targeter` runs the service."""

from fleet.targeter.main import main

main()
