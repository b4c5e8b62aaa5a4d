"""GitRepo: a repository, and where its bundles go."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from fleet.cli.objects.model import Bytes, Duration, Integer, SpecModel, Strings
from fleet.cli.objects.options import CorrectDrift
from fleet.cli.objects.selector import ClusterTarget

_PASSWORD = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#:@\[]*:(?!\d*(?:[/?#]|$))[^@]*@"  # what is no port begins a password
    r"|[^@:/]*:[^@/]*@"  # the scheme forgotten
)


def _without_password(url: str) -> str:
    """Refuse a URL with a password in it: declared objects stand in streams and answers for all to read."""
    if _PASSWORD.match(url):
        raise ValueError(
            "must not hold a password: write the URL without it, put it into a secret with `fleet create"
            " secret generic NAME --from-literal=username=... --from-literal=password=...` in the namespace"
            " of the GitRepo, and name that in spec.clientSecretName"
        )
    return url


class CommitSpec(SpecModel):
    """How image automation commits."""

    author_name: str | None = None
    author_email: str | None = None
    message_template: str | None = None


class BundlePath(SpecModel):
    """One bundle of a user-driven scan: its directory, and the file with its options."""

    base: str | None = None
    options: str | None = None


class GitRepoSpec(SpecModel):
    """Fleet's GitRepo, every field."""

    repo: Annotated[str, Field(min_length=1), AfterValidator(_without_password)]
    branch: str | None = None
    revision: str | None = None
    target_namespace: str | None = None
    client_secret_name: str | None = None
    helm_secret_name: str | None = None
    helm_secret_name_for_paths: str | None = None
    helm_repo_url_regex: str | None = Field(default=None, alias="helmRepoURLRegex")
    ca_bundle: Bytes | None = None
    insecure_skip_tls_verify: bool | None = Field(default=None, alias="insecureSkipTLSVerify")
    paths: Strings | None = None
    bundles: list[BundlePath] | None = None
    paused: bool | None = None
    service_account: str | None = None
    targets: list[ClusterTarget] | None = None
    polling_interval: Duration | None = None
    disable_polling: bool | None = None
    force_sync_generation: Integer | None = None
    image_scan_interval: Duration | None = None
    image_scan_commit: CommitSpec | None = None
    keep_resources: bool | None = None
    delete_namespace: bool | None = None
    correct_drift: CorrectDrift | None = None
    oci_registry_secret: str | None = None
    webhook_secret: str | None = None
