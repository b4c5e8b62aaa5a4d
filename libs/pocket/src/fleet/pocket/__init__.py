"""The in-process Kubernetes API: pocket clusters for demos, tests and simulation, and they say so."""

from .server import PocketServer, kubeconfig

__all__ = ["PocketServer", "kubeconfig"]
