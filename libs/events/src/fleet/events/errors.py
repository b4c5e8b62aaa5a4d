"""What can be wrong with a name or an event.

EventError
├── InvalidName     a name that cannot stand in a subject
├── UnknownEvent    a type that this version does not know
└── InvalidEvent    a body that does not fit its type
"""

from pydantic import ValidationError


class EventError(Exception):
    """The base of everything that this package raises."""


class InvalidName(EventError, ValueError):
    """A name that cannot stand in a subject."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"{name!r} is not a valid name: use lower-case letters, digits, '-' and '.', at most 253 of them,"
            " beginning and ending with a letter or a digit"
        )


class UnknownEvent(EventError):
    """A CloudEvents type that this version does not know."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        super().__init__(f"unknown event type {type_name!r}: a newer writer, or not an event of this system")


class InvalidEvent(EventError):
    """A body that does not fit its type; the message names fields and rules but repeats no value."""

    def __init__(self, type_name: str, error: ValidationError) -> None:
        self.type_name = type_name
        found = error.errors(include_input=False, include_url=False, include_context=False)
        problems = "; ".join(f"{'.'.join(str(p) for p in e['loc']) or 'body'}: {e['msg']}" for e in found)
        super().__init__(f"{type_name}: {problems}")
