"""The in-process Kubernetes API."""
