"""What every event has in common: a frozen body, a subject of its own, a CloudEvents type."""

import hashlib
import re
import uuid
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Any, ClassVar, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fleet.events.errors import InvalidEvent, InvalidName

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_DNS_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_MAX_NAME = 253
_IDS = uuid.UUID("6f0f4f0e-6a5e-5d0f-9c3b-1f4c8a2d7e11")

Count = Annotated[int, Field(ge=0, le=2**53)]
"""An epoch or a generation: a number that every JSON reader keeps exactly."""


def token(name: str) -> str:
    """Turn a Kubernetes name into one literal subject token.

    The name must be an RFC 1123 subdomain; its dots become underscores, which such a name cannot
    contain, so nothing is lost. Digests and uids, being plain tokens, pass unchanged.

    Raises:
        InvalidName: anything else. A `*`, a `>` or a dot in a subject would be a permission wildcard
            or shift the tokens behind it.
    """
    if len(name) > _MAX_NAME or not _DNS_NAME.fullmatch(name):
        raise InvalidName(name)
    return name.replace(".", "_")


def untoken(value: str) -> str:
    """Give back the name that `token` was given."""
    return value.replace("_", ".")


def literal(value: object) -> str:
    """Check that a value that is not a name (a digest, a number) can stand in a subject as it is."""
    text = str(value)
    if not _TOKEN.fullmatch(text):
        raise InvalidName(text)
    return text


def canonical(value: Any) -> bytes:
    """The one JSON spelling of a value: keys sorted, nothing between tokens."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest16(data: bytes) -> str:
    """Name bytes that are no secret by 16 bytes of BLAKE2b, in 32 hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def event_id(*parts: object) -> str:
    """A deterministic event id: the same parts always give the same UUID (design: replay is a no-op)."""
    return str(uuid.uuid5(_IDS, "\x1f".join(str(part) for part in parts)))


class Body(BaseModel):
    """A frozen value that travels as camelCase JSON; unknown fields of a newer writer are ignored."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore", serialize_by_alias=True
    )

    def encode(self) -> bytes:
        """The canonical JSON bytes of this value."""
        return canonical(self.model_dump(mode="json", by_alias=True, exclude_none=True))


class Event(Body):
    """Something that happened or holds now; it names its stream and its subject itself.

    `SUBJECT` is a template over the event's own fields; a field that is listed in `LITERALS` stands in it
    as it is, every other one is a Kubernetes name (see `token`).
    """

    STREAM: ClassVar[str] = ""
    SUBJECT: ClassVar[str]
    VERSION: ClassVar[int] = 1
    LITERALS: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def kind_name(cls) -> str:
        """The name of the class as it is written in types and documents, such as `GitCommitDetected`."""
        return cls.__name__

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type, such as `io.fleet.GitCommitDetected.v1`."""
        return f"io.fleet.{cls.__name__}.v{cls.VERSION}"

    @classmethod
    def kebab(cls) -> str:
        """The class name in lower case with dashes, as durable consumers are named after it."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def subject_fields(cls) -> tuple[str, ...]:
        """The names of the fields that stand in the subject, in their order."""
        return tuple(field for _, field, _, _ in Formatter().parse(cls.SUBJECT) if field)

    @classmethod
    def subject_for(cls, **values: object) -> str:
        """Fill the template. Raises InvalidName where a value is no single literal token."""
        return cls.SUBJECT.format_map(_tokens(cls, values))

    @classmethod
    def subject_filter(cls, **values: object) -> str:
        """The subject with `*` for every token that is not given."""
        filled: dict[str, str] = dict.fromkeys(cls.subject_fields(), "*")
        filled.update(_tokens(cls, values))
        return cls.SUBJECT.format_map(filled)

    def subject(self) -> str:
        """Where this event is stored. Raises InvalidName where a field cannot stand in a subject."""
        return self.subject_for(**{field: getattr(self, field) for field in self.subject_fields()})

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a body. Raises InvalidEvent saying which field is wrong, never the value."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise InvalidEvent(cls.type_name(), error) from None


def _tokens(cls: type[Event], values: Mapping[str, object]) -> dict[str, str]:
    return {
        field: literal(value) if field in cls.LITERALS else token(str(value))
        for field, value in values.items()
    }
