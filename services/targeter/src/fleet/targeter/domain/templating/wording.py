"""The errors of templates in the words of Go's text/template, which people search for."""

import re
from collections.abc import Mapping
from typing import Any

import gotpl
from gotpl.parse.nodes import (
    CommandNode,
    FieldNode,
    IdentifierNode,
    StringNode,
    TemplateCallNode,
    VariableNode,
)

from fleet.targeter.domain.templating.syntax import position, spelled, walk

_MISSING = re.compile(r"missing key or attribute '(.*)'")
_FAILED = re.compile(r"function '(\w+)' failed: (.*)", re.DOTALL)
_ARGUMENTS = re.compile(r"wrong number of args for (\w+): ")
_NO_TEMPLATE = re.compile(r"template '(.*)' is not defined")
_ARGUMENT = re.compile(r"argument (\d+) to \w+: expected (\w+), got (\w+)")
_TYPES = {"str": "string", "dict": "map[string]interface {}", "list": "[]interface {}", "float": "float64"}
_HIDDEN = '"..."'
_KEYWORDS = {"end", "else", "break", "continue"}


def parsing(error: gotpl.TemplateError) -> str:
    """Why a template cannot be parsed."""
    line = getattr(error, "line", 1)
    text = str(error).partition(": ")[2] or str(error)
    text = re.sub(r"'([^']*)'", r'"\1"', text)
    if (word := text.removeprefix("unexpected ")) in _KEYWORDS:
        text = f"unexpected {{{{{word}}}}}"
    return f"template: values:{line}: {text}"


def executing(error: gotpl.TemplateError, tree: Any, text: str, context: Mapping[str, Any]) -> str:
    """Why a template cannot be rendered with a context: where in the text, at which part, and why."""
    message, at = getattr(error, "message", str(error)), getattr(error, "position", None) or 0
    node, reason = _explained(message, tree, at, context)
    if node is None:
        place, context_text = _place(text, at), ""
    else:
        place, context_text = _place(text, position(node, text)), f" at <{_shown(node)}>"
    return f'template: values:{place}: executing "values"{context_text}: {reason}'


def _shown(node: Any) -> str:
    """A part of an action without its texts, which may be secrets; what `fail` says is there to be read."""
    text = spelled(node)
    if isinstance(node, CommandNode) and not _calls(node, "fail"):
        for found in walk(node):
            if isinstance(found, StringNode):
                text = text.replace(found.quoted, _HIDDEN)
    return _HIDDEN if isinstance(node, StringNode) else text


def _explained(message: str, tree: Any, at: int, context: Mapping[str, Any]) -> tuple[Any, str]:
    if found := _MISSING.fullmatch(message):
        node = _first(tree, at, lambda n: isinstance(n, FieldNode | VariableNode) and found[1] in n.fields)
        return node, _missing(node, found[1], context)
    if found := _ARGUMENTS.match(message):
        return _first(tree, at, lambda n: isinstance(n, IdentifierNode) and n.name == found[1]), message
    if found := _FAILED.fullmatch(message):
        return _failed(tree, at, found[1], found[2])
    if found := _NO_TEMPLATE.fullmatch(message):
        call = _first(tree, at, lambda n: isinstance(n, TemplateCallNode) and n.name == found[1])
        return call, f'template "{found[1]}" not defined'
    return None, message


def _failed(tree: Any, at: int, name: str, reason: str) -> tuple[Any, str]:
    command = _first(tree, at, lambda n: isinstance(n, CommandNode) and _calls(n, name))
    if (wrong := _ARGUMENT.fullmatch(reason)) is None:
        return command, f"error calling {name}: {reason}"
    number, wanted, given = int(wrong[1]), wrong[2], wrong[3]
    arguments = command.arguments if command else ()
    node = arguments[number] if number < len(arguments) else command
    names = (_TYPES.get(kind, kind) for kind in (wanted, given))
    return node, "wrong type for value; expected {}; got {}".format(*names)


def _calls(command: CommandNode, name: str) -> bool:
    first = command.arguments[0]
    return isinstance(first, IdentifierNode) and first.name == name


def _missing(node: Any, name: str, context: Mapping[str, Any]) -> str:
    """What Go says of a field that is not there depends on what it is looked for in."""
    holder: Any = context
    names = node.fields if node is not None and getattr(node, "name", "$") == "$" else ()
    for step in names[: names.index(name)] if name in names else ():
        holder = holder.get(step) if isinstance(holder, Mapping) else None
    if holder is None:
        return f"nil pointer evaluating interface {{}}.{name}"
    if isinstance(holder, Mapping):
        return f'map has no entry for key "{name}"'
    return f"can't evaluate field {name} in type interface {{}}"


def _first(tree: Any, at: int, wanted: Any) -> Any:
    found = [node for node in walk(tree) if wanted(node) and node.start >= at]
    return min(found, key=lambda node: node.start, default=None)


def _place(text: str, at: int) -> str:
    """Line and, counted from 0 as Go does, byte within it."""
    before = text.encode()[:at]
    return f"{before.count(10) + 1}:{len(before) - before.rfind(10) - 1}"
