"""Answers `fleet.query.<kind>.<workspace>` from memory; nothing lists a stream for a page of it."""

from typing import Any

import orjson

from fleet.bus import Heard, Refused
from fleet.targeter.domain.errors import InvalidQuestion
from fleet.targeter.domain.estate import Estate
from fleet.targeter.domain.pages import answer, encoded

SUBJECT = "fleet.query.*.*"
_BAD_REQUEST = 400


class Questions:
    """The responder of the active targeter."""

    def __init__(self, *, estate: Estate) -> None:
        self._estate = estate

    async def answer(self, heard: Heard) -> bytes:
        """Answer one question. Raises Refused with code 400 where it makes no sense."""
        kind, workspace = heard.subject.split(".")[2:4]
        try:
            return encoded(answer(self._estate, kind, workspace, _question(heard.payload)))
        except InvalidQuestion as error:
            raise Refused(heard.subject, _BAD_REQUEST, str(error)) from None


def _question(payload: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(payload or b"{}")
    except orjson.JSONDecodeError:
        raise InvalidQuestion("the question is not JSON") from None
    if not isinstance(found, dict):
        raise InvalidQuestion("the question is not a JSON object")
    return found
