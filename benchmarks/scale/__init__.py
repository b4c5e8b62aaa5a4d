"""How the product targets many clusters: a seeded fleet, a broker, its own targeter, simulated agents."""
