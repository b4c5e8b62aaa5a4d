"""What an agent may ask: one chunk of a bundle's content, or one entry of its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fleet.events import Entry, InvalidName, token, untoken
from fleet.gateway.domain.errors import BadQuestion

QUESTION_BYTES = 1024
"""A question is about 120 bytes long."""

_PREFIX = ("agent", "content")
_TOKENS = 4
_MAX_CHUNKS = 1 << 16

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


@dataclass(frozen=True, slots=True)
class Asker:
    """The cluster that asks. Who it is stands in the subject, which the broker checks, and only there."""

    workspace: str
    cluster: str

    @classmethod
    def of(cls, subject: str) -> Asker:
        """Read `agent.content.<workspace>.<cluster>`. Raises BadQuestion unless both are literal names."""
        tokens = subject.split(".")
        if len(tokens) != _TOKENS or tuple(tokens[:2]) != _PREFIX:
            raise BadQuestion("the subject is not agent.content.WORKSPACE.CLUSTER")
        workspace, cluster = (_name(part) for part in tokens[2:])
        return cls(workspace, cluster)


class Question(BaseModel):
    """Either `entry`, or `digest` with the bundle's `namespace` and the chunk's number `n`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    entry: Digest | None = None
    digest: Digest | None = None
    namespace: str | None = None
    n: int = Field(default=0, ge=0, lt=_MAX_CHUNKS)

    @classmethod
    def read(cls, payload: bytes) -> Question:
        """Read a question's JSON. Raises BadQuestion, without quoting it, when it is none."""
        if len(payload) > QUESTION_BYTES:
            raise BadQuestion(f"a question is at most {QUESTION_BYTES} bytes long")
        try:
            question = cls.model_validate_json(payload)
        except ValidationError:
            raise BadQuestion("the body is neither {entry} nor {digest, n, namespace}") from None
        if (question.entry is None) != (question.digest is not None and question.namespace is not None):
            raise BadQuestion("ask for an entry, or for a digest and the namespace of its bundle")
        return question

    def is_answered_by(self, entry: Entry) -> bool:
        """Whether this entry of the asker's manifest names the content that is asked for."""
        return entry.namespace == self.namespace and self.digest in (entry.content, entry.options)


def _name(part: str) -> str:
    """Give back the name behind a token; only what `token` makes is one."""
    name = untoken(part)
    try:
        if token(name) == part:
            return name
    except InvalidName:
        pass
    raise BadQuestion("workspace and cluster in the subject must be literal names")
