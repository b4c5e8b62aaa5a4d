"""`fleet apply NAME PATH...`: bundles made of the folders here, printed or stored."""
