"""What the agent adds to the errors of its parts.

AgentError
├── BadContent      what a bundle holds cannot be used: wrong YAML, a missing base, a bad archive
├── NotPossible     the options ask for something that this cluster cannot have
└── Waiting         it is not this bundle's turn yet (dependsOn)
"""


class AgentError(Exception):
    """The base of what the agent itself finds wrong; the text is for people and has no secret in it."""


class BadContent(AgentError):
    """A bundle's files are wrong; only another commit helps."""


class NotPossible(AgentError):
    """What the options ask for does not fit this cluster; a change there, or of the options, helps."""


class Waiting(AgentError):
    """Another bundle must be there first; tried again when that changes."""
