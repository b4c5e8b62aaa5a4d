"""Reads one commit and publishes its bundles."""
