"""The front door for agents: content, encrypted to the cluster that asks."""
