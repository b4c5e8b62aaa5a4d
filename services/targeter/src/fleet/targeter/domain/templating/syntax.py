"""Walking a parsed template, and writing its parts as Go does."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from gotpl.parse.nodes import (
    BoolNode,
    CommandNode,
    DotNode,
    FieldNode,
    IdentifierNode,
    NilNode,
    ParenthesizedNode,
    PipeNode,
    StringNode,
    TemplateCallNode,
    VariableNode,
)


def walk(node: Any) -> Iterator[Any]:
    """A node and everything below it, in the order of the text."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif is_dataclass(node):
        yield node
        for field in fields(node):
            yield from walk(getattr(node, field.name))


def spelled(node: Any) -> str:
    """A part of an action as Go prints it in an error."""
    match node:
        case DotNode():
            return "."
        case NilNode():
            return "nil"
        case BoolNode():
            return "true" if node.value else "false"
        case StringNode():
            return str(node.quoted)
        case IdentifierNode():
            return str(node.name)
        case FieldNode():
            return "." + ".".join(node.fields)
        case VariableNode():
            return ".".join((node.name, *node.fields))
        case ParenthesizedNode():
            return "".join((f"({spelled(node.pipeline)})", *(f".{name}" for name in node.fields)))
        case CommandNode():
            return " ".join(map(spelled, node.arguments))
        case PipeNode():
            return _pipe(node)
        case TemplateCallNode():
            return _call(node)
        case _:
            return str(getattr(node, "text", getattr(node, "quoted", "")))


def position(node: Any, text: str) -> int:
    """Where Go says that a node is: at the second link of a chain of fields, at the name of a template."""
    if isinstance(node, FieldNode) and len(node.fields) > 1:
        return int(node.start) + 1 + len(node.fields[0].encode())
    if isinstance(node, VariableNode) and node.fields:
        return int(node.start) + len(node.name.encode())
    if isinstance(node, TemplateCallNode):
        source = text.encode()
        return min(found for quote in (b'"', b"`") if (found := source.find(quote, node.start)) >= 0)
    return int(node.start)


def _call(node: TemplateCallNode) -> str:
    data = f" {spelled(node.pipeline)}" if node.pipeline else ""
    return f'{{{{template "{node.name}"{data}}}}}'


def _pipe(node: PipeNode) -> str:
    commands = " | ".join(map(spelled, node.commands))
    if not node.declarations:
        return commands
    names = ", ".join(map(spelled, node.declarations))
    return f"{names} {'=' if node.is_assignment else ':='} {commands}"
