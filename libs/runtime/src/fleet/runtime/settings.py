"""What every service can be told from outside: environment variables with the prefix FLEET_."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from fleet.runtime.address import Address

LogLevel = Literal["debug", "info", "warning", "error"]


def _keyring_in(values: dict[str, Any]) -> Path:
    return Path(values["data"]) / "keys" / "keyring.json"


class Settings(BaseSettings):
    """Settings common to all services; a service with its own ones subclasses this.

    `nats_url`: where the broker is, several addresses with commas; empty for a service without one.
    `nats_seed_file`: the file with the nkey seed of the CONTROL account; None where the broker asks for none.
    `data`: folder for what must survive a restart. `keys`: the keyring of the workspaces.
    `local_repositories`: whether a GitRepo may name a path of this machine; then the tenants must trust
    each other.
    `http`: where health and metrics are served, port 0 picks a free one; empty serves none.
    """

    model_config = SettingsConfigDict(env_prefix="FLEET_", frozen=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    nats_seed_file: Path | None = None
    data: Path = Path(".fleet")
    keys: Path = Field(default_factory=_keyring_in)
    http: str = "127.0.0.1:0"
    local_repositories: bool = False
    log_level: LogLevel = "info"

    @field_validator("http")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if value:
            Address.parse(value)
        return value

    def nats_seed(self) -> str | None:
        """Read the seed, or None without a seed file. Raises OSError when the file cannot be read."""
        return self.nats_seed_file.read_text().strip() if self.nats_seed_file else None
