"""`python -m fleet.bundler` is the program `fleet-bundler`."""

from fleet.bundler.main import main

main()
