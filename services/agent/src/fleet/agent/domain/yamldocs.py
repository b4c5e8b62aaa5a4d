"""A bundle's YAML: values and streams of Kubernetes objects, whose errors name the file."""

from collections.abc import Iterable
from typing import Any

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.objects import Object, fault_of, flatten
from fleet.yaml import Document, InvalidYaml, read_all, write, write_all


def read_values(text: str | bytes, where: str) -> Any:
    """Read one YAML or JSON document. Raises BadContent naming `where` and the line."""
    documents = _documents(text, where)
    if len(documents) > 1:
        raise _bad(where, f"line {documents[1].line(())}: another document, where one is read")
    return documents[0].value if documents else None


def read_objects(text: str | bytes, where: str) -> list[Object]:
    """Read a stream of Kubernetes objects, lists unfolded and empty documents left out.

    Raises:
        BadContent: the text is no YAML, too deep or too large, or a document is no object with a kind, or one
            whose metadata no object can have.
    """
    documents = [document for document in _documents(text, where) if document.value]
    for document in documents:
        if fault := fault_of(document.value):
            at, reason = fault
            raise _bad(where, f"line {document.line(at)}: {reason}")
    return flatten(document.value for document in documents)


def check_yaml(text: str | bytes, where: str) -> None:
    """Raise BadContent naming `where` and the line where the text is no YAML."""
    _documents(text, where)


def write_objects(items: Iterable[Object]) -> str:
    """Write a stream of objects, each with its keys in order."""
    return write_all(items)


def write_values(value: Any) -> str:
    """Write one document."""
    return write(value)


def _documents(text: str | bytes, where: str) -> list[Document]:
    try:
        return list(read_all(text))
    except InvalidYaml as error:
        raise _bad(where, str(error)) from None


def _bad(where: str, reason: str) -> BadContent:
    return BadContent(f"{where}: YAML parse error: {reason}")
