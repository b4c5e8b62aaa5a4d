"""What people may declare: the schemas of Fleet's kinds, and files as validated manifests."""
