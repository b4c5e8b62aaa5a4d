"""How a service lives: settings, health, logs, metrics, traces, shutdown."""
