"""How a repository is reached and read."""
