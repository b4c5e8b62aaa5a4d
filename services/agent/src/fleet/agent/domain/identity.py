"""Who an agent is: which cluster, how it signs in, which keys it shares with the hub."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fleet.agent.domain.errors import AgentError
from fleet.events import DeploymentTargeted, token
from fleet.vault import ClusterKeys


class BadIdentity(AgentError):
    """An identity file is no identity: the text says which field, never its value."""


class Identity(BaseModel):
    """One cluster's identity, as the hub wrote it into a file that only the agent may read.

    `seed` is the nkey seed for NATS, the two keys are hexadecimal, `kubeconfig` is a path and None inside
    the cluster itself.
    """

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="ignore")

    server: str
    workspace: str
    cluster: str
    uid: str
    seed: str = Field(repr=False)
    mac_key: str = Field(repr=False)
    encryption_key: str = Field(repr=False)
    kubeconfig: Path | None = None

    @property
    def key(self) -> str:
        """The cluster as `workspace/name`."""
        return f"{self.workspace}/{self.cluster}"

    @property
    def keys(self) -> ClusterKeys:
        """The keys shared with targeter and gateway."""
        return ClusterKeys(mac=bytes.fromhex(self.mac_key), encryption=bytes.fromhex(self.encryption_key))

    @property
    def inbox_prefix(self) -> str:
        """Where answers to this agent come, and no other agent may listen."""
        return f"_INBOX_{token(self.workspace)}_{token(self.cluster)}"

    @property
    def desired_subject(self) -> str:
        """Where this cluster's manifest is stored."""
        return DeploymentTargeted.subject_for(workspace=self.workspace, cluster=self.cluster)

    @property
    def wake_subject(self) -> str:
        """Where a new manifest is announced."""
        return f"fleet.wake.{token(self.workspace)}.{token(self.cluster)}"

    @property
    def read_subject(self) -> str:
        """Where the manifest is asked for."""
        return f"agent.get.{token(self.workspace)}.{token(self.cluster)}"

    @property
    def content_subject(self) -> str:
        """Where content is asked for."""
        return f"agent.content.{token(self.workspace)}.{token(self.cluster)}"


def read_identity(data: bytes, where: str) -> Identity:
    """Read an identity. Raises BadIdentity naming the field that is wrong in `where`."""
    try:
        identity = Identity.model_validate_json(data)
        token(identity.workspace)
        token(identity.cluster)
        bytes.fromhex(identity.mac_key + identity.encryption_key)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadIdentity(f"{where}: {place}: {first['msg']}") from None
    except ValueError:
        raise BadIdentity(f"{where}: a key is not hexadecimal, or a name is no Kubernetes name") from None
    return identity
