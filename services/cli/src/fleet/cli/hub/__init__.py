"""An embedded hub: NATS, the services, pocket clusters and their agents, as processes of one supervisor."""
