"""What of a cluster a template looks at, so that clusters which are alike in it are rendered once."""

from typing import Any

from gotpl.parse.nodes import CommandNode, DotNode, FieldNode, IdentifierNode, StringNode, VariableNode

from fleet.targeter.domain.templating.syntax import walk

NAMESPACE, NAME = "ClusterNamespace", "ClusterName"
LABELS, ANNOTATIONS, VALUES = "ClusterLabels", "ClusterAnnotations", "ClusterValues"

Path = tuple[str, ...]
"""A field of the context: one of the five names, and for a map one of its keys or (alone) all of it."""

EVERYTHING: frozenset[Path] = frozenset({(NAMESPACE,), (NAME,), (LABELS,), (ANNOTATIONS,), (VALUES,)})

_MAPS = frozenset({LABELS, ANNOTATIONS, VALUES})
_BY_KEY = frozenset({"index", "get", "hasKey"})
_ROOT = "$"
_KEYED = 3


def reads_of(tree: Any) -> frozenset[Path]:
    """The fields that the outcome can depend on: never too few, at times too many.

    A field of another dot than the context was read where that dot came from; the bare context, a whole map
    or a key that is computed count as everything in it.
    """
    found: set[Path] = set()
    covered: set[int] = set()
    for node in walk(tree):
        if isinstance(node, CommandNode) and (path := _by_key(node)):
            found.add(path)
            covered.add(node.arguments[1].start)
        elif isinstance(node, DotNode):
            return EVERYTHING
        elif isinstance(node, VariableNode) and node.name == _ROOT:
            if not node.fields:
                return EVERYTHING
            _add(found, node.fields)
        elif isinstance(node, FieldNode) and node.start not in covered:
            _add(found, node.fields)
    return frozenset(path for path in found if len(path) == 1 or path[:1] not in found)


def _add(found: set[Path], names: tuple[str, ...]) -> None:
    if names[0] in _MAPS:
        found.add(tuple(names[:2]))
    elif (names[0],) in EVERYTHING:
        found.add((names[0],))


def _by_key(command: CommandNode) -> Path | None:
    """The field that `index .Map "key"` and the like look at."""
    arguments = command.arguments
    if len(arguments) < _KEYED:
        return None
    function, container, key = arguments[:_KEYED]
    if not (isinstance(function, IdentifierNode) and function.name in _BY_KEY):
        return None
    if not isinstance(key, StringNode):
        return None
    if isinstance(container, FieldNode) or (isinstance(container, VariableNode) and container.name == _ROOT):
        names = container.fields
    else:
        return None
    return (names[0], key.value) if len(names) == 1 and names[0] in _MAPS else None
