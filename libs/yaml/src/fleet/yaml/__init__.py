"""YAML as Kubernetes reads it: one table of scalars, one reader, one writer."""

from fleet.yaml.documents import Document, Path, dotted
from fleet.yaml.errors import InvalidYaml
from fleet.yaml.reader import MAX_DEPTH, MAX_VALUES, read_all, read_first
from fleet.yaml.scalars import json_number, number_text
from fleet.yaml.writer import write, write_all

__all__ = [
    "MAX_DEPTH",
    "MAX_VALUES",
    "Document",
    "InvalidYaml",
    "Path",
    "dotted",
    "json_number",
    "number_text",
    "read_all",
    "read_first",
    "write",
    "write_all",
]
