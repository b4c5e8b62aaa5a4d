"""Typed reading of free JSON, as Go's encoding/json does it: names in any case, unknown ones ignored.

A struct comes out as Go would write it again: fields that are empty are left out (`omitempty`), but for
pointers, which are written as soon as the file has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from fleet.bundler.domain.errors import MOST_FAULTS, BadInput, all_of
from fleet.bundler.domain.yamltext import Document, Path
from fleet.yaml import json_number, number_text


class Kind(Protocol):
    """A type that a value can have."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The value as this type has it; None and the type's zero value mean "not there".

        `lenient`: numbers and booleans are taken where text is wanted, which Fleet's parser does in
        some places only (the ones that its YAML library sees directly).

        Raises:
            BadInput: the value is of another type, with its place.
        """

    def absent(self, value: Any) -> bool:
        """Whether the field is left out when it has this value."""


def _is(value: Any) -> str:
    words = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list"}
    return words.get(type(value), "a map")


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `pattern` rules are checked elsewhere, as Fleet's command does not know them."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """Text, or what a lenient place makes of a number or a boolean."""
        if value is None or isinstance(value, str):
            return value or ""
        if lenient and isinstance(value, bool):
            return "true" if value else "false"
        if lenient and isinstance(value, int | float):
            return number_text(value) if isinstance(value, float) else str(value)
        raise doc.wrong(at, f"must be text, is {_is(value)} (quote it)")

    def absent(self, value: Any) -> bool:
        """The empty text is left out."""
        return value in (None, "")


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean; `pointer`: false is written too where the file says so."""

    pointer: bool = False

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """True, False or None."""
        if value is None or isinstance(value, bool):
            return value
        raise doc.wrong(at, f"must be true or false, is {_is(value)}")

    def absent(self, value: Any) -> bool:
        """False is left out, unless it is a pointer's."""
        return value is None or (not value and not self.pointer)


@dataclass(frozen=True, slots=True)
class Whole:
    """An integer of so many bits; `pointer`: zero is written too where the file says so."""

    pointer: bool = False
    bits: int = 64

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """An integer or None."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            raise doc.wrong(at, f"must be a whole number, is {_is(value)}")
        if not -(1 << self.bits - 1) <= value < 1 << self.bits - 1:
            raise doc.wrong(at, f"must be a whole number of {self.bits} bits")
        return int(value)

    def absent(self, value: Any) -> bool:
        """Zero is left out, unless it is a pointer's."""
        return value is None or (value == 0 and not self.pointer)


@dataclass(frozen=True, slots=True)
class WholeOrText:
    """A number or a percentage, such as `3` or `"25%"`."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The integer or the text."""
        if isinstance(value, str):
            return value
        return Whole(pointer=True, bits=32).read(doc, at, value, lenient=lenient)

    def absent(self, value: Any) -> bool:
        """Only what is not there is left out."""
        return value is None


@dataclass(frozen=True, slots=True)
class FreeMap:
    """A map of anything, such as Helm values; numbers are those of a float64."""

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The map with its numbers rounded as Go rounds them."""
        if value is None or isinstance(value, dict):
            return None if value is None else _free(doc, at, value)
        raise doc.wrong(at, f"must be a map, is {_is(value)}")

    def absent(self, value: Any) -> bool:
        """An empty map that the file has is kept."""
        return value is None


def _free(doc: Document, at: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _free(doc, (*at, key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_free(doc, (*at, n), item) for n, item in enumerate(value)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    try:
        return _float64(value)
    except ValueError as error:
        raise doc.wrong(at, str(error)) from None


def _float64(value: int | float) -> int | float:
    """A number after a way through Go's float64, which is what free-form values take (quirk 37)."""
    return value if isinstance(value, int) and abs(value) <= 1 << 53 else json_number(float(value))


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map from text to one type; `pointer`: an empty one is written too where the file says so.

    The values of `gentle` keys are read leniently wherever the map stands.
    """

    of: Kind
    pointer: bool = False
    gentle: frozenset[str] = frozenset()

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The map with each value read."""
        if value is None:
            return None
        if not isinstance(value, dict):
            raise doc.wrong(at, f"must be a map, is {_is(value)}")
        return {
            key: self.of.read(doc, (*at, key), item, lenient=lenient or key in self.gentle)
            for key, item in value.items()
        }

    def absent(self, value: Any) -> bool:
        """An empty map is left out, unless it is a pointer's."""
        return value is None or (not value and not self.pointer)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one type."""

    of: Kind

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The list with each item read; an item that is null is the type's zero value."""
        if value is None:
            return None
        if not isinstance(value, list):
            raise doc.wrong(at, f"must be a list, is {_is(value)}")
        empty: dict[str, Any] | None = {} if isinstance(self.of, Struct) else None
        items = (empty if item is None else item for item in value)
        found: list[Any] = []
        errors: list[BadInput] = []
        for n, item in enumerate(items):
            try:
                found.append(self.of.read(doc, (*at, n), item, lenient=lenient))
            except BadInput as error:
                errors.append(error)
                if len(errors) == MOST_FAULTS:
                    break
        if errors:
            raise all_of(errors)
        return found

    def absent(self, value: Any) -> bool:
        """An empty list is left out."""
        return not value


@dataclass(frozen=True, slots=True)
class Struct:
    """Named fields. `required` ones are written even when empty; `direct` ones are read leniently."""

    fields: Mapping[str, Kind]
    required: Mapping[str, Any] = field(default_factory=dict)
    direct: frozenset[str] | None = None
    _folded: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the look-up of names whatever their case."""
        object.__setattr__(self, "_folded", {_fold(name): name for name in self.fields})

    def read(self, doc: Document, at: Path, value: Any, *, lenient: bool) -> Any:
        """The fields that are known, under their own spelling, in the order of the type."""
        if value is None:
            return None
        if not isinstance(value, dict):
            raise doc.wrong(at, f"must be a map, is {_is(value)}")
        given: dict[str, Any] = {}
        found: dict[str, Any] = {}
        errors: list[BadInput] = []
        for key in sorted(value):
            name = self.field_of(key)
            try:
                if name:
                    gentle = lenient and (self.direct is None or name in self.direct)
                    given[name] = self._joined(name, given.get(name), value[key])
                    found[name] = self.fields[name].read(doc, (*at, key), given[name], lenient=gentle)
                else:
                    _free(doc, (*at, key), value[key])  # what is passed over must be JSON all the same
            except BadInput as error:
                errors.append(error)
                if len(errors) == MOST_FAULTS:
                    break
        if errors:
            raise all_of(errors)
        return self._written(found)

    def field_of(self, key: str) -> str | None:
        """The field that a key of a file means, whatever its case; None where it means none."""
        return self._folded.get(_fold(key))

    def spelled(self, value: Mapping[str, Any]) -> dict[str, str]:
        """The fields that a map of a file has, each with the key that counts."""
        return {name: key for key in sorted(value) if (name := self.field_of(key))}

    def _joined(self, name: str, before: Any, value: Any) -> Any:
        """The value of a field that a file has in two spellings, as `Helm` and `helm`: maps add up, structs
        at every level, and a null leaves alone what is no pointer.
        """
        kind = self.fields[name]
        if isinstance(before, dict) and isinstance(value, dict) and isinstance(kind, Struct):
            return before | {
                key: kind._joined(inner, before[key], item)
                if key in before and (inner := kind.field_of(key))
                else item
                for key, item in value.items()
            }
        if isinstance(before, dict) and isinstance(value, dict) and isinstance(kind, MapOf):
            return before | value
        plain = isinstance(kind, Text) or (isinstance(kind, Flag | Whole) and not kind.pointer)
        return before if plain and value is None else value

    def absent(self, value: Any) -> bool:
        """A struct that the file has is kept, empty or not."""
        return value is None

    def _written(self, found: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, kind in self.fields.items():
            value = found.get(name)
            if not kind.absent(value):
                kept[name] = value
            elif name in self.required:
                kept[name] = self.required[name]
        return kept


def _fold(name: str) -> str:
    """A name as Go's JSON compares it: letter by letter, so that a ligature stays one letter."""
    return "".join(fold if len(fold := char.casefold()) == 1 else char for char in name)
