"""How the product targets many clusters: a seeded fleet, a real broker, its own targeter, simulated agents."""
