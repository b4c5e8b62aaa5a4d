"""`python -m fleet.gitjob`."""

from fleet.gitjob.main import main

main()
