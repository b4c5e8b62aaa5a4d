"""How events travel: publish, subscribe, batch, lease. The only importer of nats."""
