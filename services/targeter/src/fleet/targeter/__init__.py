"""Decides what every cluster runs and rolls up what they report."""
