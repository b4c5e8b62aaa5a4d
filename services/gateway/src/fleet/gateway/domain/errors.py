"""Why a question is not answered.

Denied              base; each has the code that the agent sees
├── BadQuestion     400: it cannot be read
├── NotYours        403: this cluster's manifest does not name it
├── NotHere         404: it is named but not there (any more, or yet)
└── NotNow          503: ask again
"""

from __future__ import annotations

from typing import ClassVar


class Denied(Exception):
    """A question that is not answered; the reason tells an agent nothing that it may not know."""

    CODE: ClassVar[int]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadQuestion(Denied):
    """The subject or the body is not one that an agent of ours sends."""

    CODE = 400


class NotYours(Denied):
    """The present manifest of the cluster does not name what it asks for; it should read it again."""

    CODE = 403


class NotHere(Denied):
    """There is no manifest, or what it names is not stored."""

    CODE = 404


class NotNow(Denied):
    """Something is away or busy; the same question may be answered later."""

    CODE = 503
