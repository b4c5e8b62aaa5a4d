"""What the client commands decide: pure functions over Kubernetes-shaped objects and events."""
