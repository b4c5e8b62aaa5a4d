"""What makes no sense in a label selector, which neither Fleet's command nor the API refuses.

Whoever asks such a selector later gets an error, and no cluster.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fleet.bundler.domain.model import EXPRESSION, SELECTOR
from fleet.bundler.domain.yamltext import Path
from fleet.names import is_label_key, is_label_value

_WITH_VALUES = ("In", "NotIn")
_WITHOUT = ("Exists", "DoesNotExist")
_KEY = "is no label's key, so no cluster or bundle can be found by it"
_VALUE = "is no label's value, so no cluster or bundle can be found by it"


def senseless(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Each thing that makes no sense in a selector as a file has it: where below the selector, and why."""
    names = SELECTOR.spelled(value)
    labels = names.get("matchLabels", "")
    for key, word in (value.get(labels) or {}).items():
        if not is_label_key(key):
            yield (labels, key), _KEY
        elif not is_label_value(_text(word)):
            yield (labels, key), _VALUE
    expressions = names.get("matchExpressions", "")
    for n, expression in enumerate(value.get(expressions) or []):
        yield from (((expressions, n, *at), why) for at, why in _expression(expression or {}))


def _expression(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    names = EXPRESSION.spelled(value)
    at_key, at_operator, at_values = (names.get(name, name) for name in ("key", "operator", "values"))
    operator, values = _text(value.get(at_operator)), value.get(at_values) or []
    if not is_label_key(_text(value.get(at_key))):
        yield (at_key,), _KEY
    if operator not in (*_WITH_VALUES, *_WITHOUT):
        known = ", ".join((*_WITH_VALUES, *_WITHOUT))
        yield (at_operator,), f"is no operator of selectors; there are {known}"
    elif operator in _WITH_VALUES and not values:
        yield (at_values,), f"must not be empty with {operator}"
    elif operator in _WITHOUT and values:
        yield (at_values,), f"must be empty with {operator}"
    for n, word in enumerate(values):
        if not is_label_value(_text(word)):
            yield (at_values, n), _VALUE


def _text(value: Any) -> str:
    """A scalar as text; how Fleet writes a number is as good a label, or as bad, as how Python does."""
    return "" if value is None else str(value)
