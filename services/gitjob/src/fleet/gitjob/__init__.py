"""Watches git and says which commit a GitRepo stands at."""
