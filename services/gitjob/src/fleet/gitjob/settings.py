"""What gitjob can be told from outside."""

from pathlib import Path
from typing import Any

from pydantic import Field

from fleet.runtime import Settings


def _secrets_in(values: dict[str, Any]) -> Path:
    return Path(values["data"]) / "secrets"


class GitjobSettings(Settings):
    """`secrets`: folder of the sealed secrets that GitRepos name.

    `insecure_skip_host_key_checks`: talk to any SSH host, as Fleet's setting of that name allows.
    """

    secrets: Path = Field(default_factory=_secrets_in)
    insecure_skip_host_key_checks: bool = False
