"""The language of the system: event classes, records, subjects and streams."""
