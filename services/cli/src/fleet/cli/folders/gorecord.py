"""One record of comma-separated texts, as Go reads it: stricter about quotes than Python's csv."""

from __future__ import annotations

from collections.abc import Iterator


class BadRecord(ValueError):
    """A text in which quotes stand where they may not, or nothing at all stands."""


def split_record(text: str) -> list[str]:
    """The fields of the first line that has any; quotes around a field protect commas and line ends in it.

    Raises:
        BadRecord: a quote inside of a field without quotes, something behind a closing quote, a quote that is
            never closed, or only empty lines.
    """
    lines = _lines(text)
    line = next((one for one in lines if one != "\n"), None)
    if line is None:
        raise BadRecord("there is nothing in it")
    found = []
    while True:
        field, rest = _quoted(line[1:], lines) if line.startswith('"') else _bare(line)
        found.append(field)
        if rest is None:
            return found
        line = rest


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends, one character each; a carriage return at the very end is dropped."""
    *whole, last = text.split("\n")
    yield from (f"{line.removesuffix(chr(13))}\n" for line in whole)
    if last and (last := last.removesuffix("\r")):
        yield last


def _bare(line: str) -> tuple[str, str | None]:
    """A field without quotes, and what stands behind its comma."""
    field, comma, rest = line.partition(",")
    if '"' in field:
        raise BadRecord('a " in a field that does not begin with one')
    return (field, rest) if comma else (field.removesuffix("\n"), None)


def _quoted(line: str, lines: Iterator[str]) -> tuple[str, str | None]:
    """A field behind its opening quote, and what stands behind its comma."""
    field = ""
    while True:
        part, quote, rest = line.partition('"')
        field += part
        if not quote:
            line = next(lines, "")
            if not line:
                raise BadRecord('a " that is never closed')
        elif rest.startswith('"'):
            field, line = f'{field}"', rest[1:]
        elif rest.startswith(","):
            return field, rest[1:]
        elif rest in ("", "\n"):
            return field, None
        else:
            raise BadRecord('something stands behind the closing " of a field')
