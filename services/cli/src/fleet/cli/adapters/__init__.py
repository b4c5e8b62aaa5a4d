"""How the client commands reach a hub."""
