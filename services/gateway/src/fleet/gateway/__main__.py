"""`python -m fleet.gateway`."""

from fleet.gateway.main import main

main()
