"""The commands, one file each; what is slow to import is imported where it is used: `--help` is fast."""
