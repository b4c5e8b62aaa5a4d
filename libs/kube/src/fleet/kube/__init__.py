"""How a cluster is touched: one thin client for dicts."""
