"""Label selectors as Kubernetes defines them: parsed once, then asked often."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from fleet.targeter.domain.errors import InvalidSelector

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MAX_PREFIX = 253

Term = tuple[str, str | None]
"""What an answer depends on: that a label has this value, or (None) that it is there at all."""


class Operator(StrEnum):
    """The four operators that a LabelSelector knows."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


_WITH_VALUES = frozenset({Operator.IN, Operator.NOT_IN})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label; all conditions of a selector must hold."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with these labels fulfils it. A label that is absent is `NotIn` every set."""
        if self.operator is Operator.IN:
            return labels.get(self.key) in self.values
        if self.operator is Operator.NOT_IN:
            return labels.get(self.key) not in self.values
        return (self.key in labels) == (self.operator is Operator.EXISTS)

    def terms(self) -> Iterator[Term]:
        """What the answer depends on."""
        if self.operator in _WITH_VALUES:
            yield from ((self.key, value) for value in self.values)
        else:
            yield self.key, None


@dataclass(frozen=True, slots=True)
class Selector:
    """A conjunction of requirements; an empty one matches everything."""

    requirements: tuple[Requirement, ...] = ()

    @classmethod
    def parse(cls, value: Mapping[str, Any] | None) -> Self | None:
        """Read a metav1.LabelSelector; None stays None, which by convention is ignored or matches nothing.

        Raises InvalidSelector for an operator, key or value that Kubernetes would not take.
        """
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise InvalidSelector(f"a selector is an object, not {type(value).__name__}")
        found = [_equals(key, wanted) for key, wanted in sorted((value.get("matchLabels") or {}).items())]
        found += [_requirement(expression) for expression in value.get("matchExpressions") or ()]
        return cls(tuple(found))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether one object with these labels is selected."""
        return all(requirement.holds(labels) for requirement in self.requirements)

    def terms(self) -> frozenset[Term]:
        """Everything that the answer depends on: a change of labels outside of these cannot change it."""
        return frozenset(term for requirement in self.requirements for term in requirement.terms())


def changed_terms(old: Mapping[str, str], new: Mapping[str, str]) -> set[Term]:
    """The terms whose truth differs between two label sets."""
    changed: set[Term] = set()
    for key in {key for key in (*old, *new) if old.get(key) != new.get(key)}:
        changed.update((key, labels[key]) for labels in (old, new) if key in labels)
        if (key in old) != (key in new):
            changed.add((key, None))
    return changed


def _equals(key: str, value: Any) -> Requirement:
    return Requirement(_checked_key(key), Operator.IN, (_checked_value(key, value),))


def _requirement(expression: Any) -> Requirement:
    if not isinstance(expression, Mapping):
        raise InvalidSelector("an entry of matchExpressions is an object with key, operator and values")
    name = expression.get("operator", "")
    try:
        operator = Operator(name)
    except ValueError:
        known = ", ".join(Operator)
        raise InvalidSelector(f'"{name}" is not a valid label selector operator; valid are {known}') from None
    key = _checked_key(expression.get("key", ""))
    values = tuple(_checked_value(key, value) for value in expression.get("values") or ())
    if operator in _WITH_VALUES and not values:
        raise InvalidSelector(f"values: for {operator} of {key!r} the set of values cannot be empty")
    if operator not in _WITH_VALUES and values:
        raise InvalidSelector(f"values: for {operator} of {key!r} the set of values must be empty")
    return Requirement(key, operator, values)


def _checked_key(key: Any) -> str:
    prefix, slash, name = key.rpartition("/") if isinstance(key, str) else ("", "", "")
    good_prefix = not slash or (len(prefix) <= _MAX_PREFIX and _PREFIX.fullmatch(prefix))
    if not good_prefix or not _NAME.fullmatch(name):
        raise InvalidSelector(f"key: {key!r} is not a label name such as 'env' or 'example.com/env'")
    return str(key)


def _checked_value(key: str, value: Any) -> str:
    if not isinstance(value, str) or (value and not _NAME.fullmatch(value)):
        raise InvalidSelector(
            f"values: {value!r} of {key!r} is not a label value: at most 63 letters, digits, '-', '_' or '.'"
        )
    return value
