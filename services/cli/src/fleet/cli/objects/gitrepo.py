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
_HTTP = re.compile(r"\s*https?:[/\\]*(?P<authority>[^/\\?#]*)[^?#]*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_ADVICE = (
    "put credentials into a secret with `fleet create secret generic NAME --from-literal=username=..."
    " --from-literal=password=...` in the namespace of the GitRepo, and name that in spec.clientSecretName"
)


def _without_secret(url: str) -> str:
    """Refuse a URL that may hold a secret: declared objects stand in streams and answers for all to read.

    Git hosts take tokens as the user name of http(s), or in the query. ssh's user name is none and stays.
    """
    if _PASSWORD.match(url):
        raise ValueError(f"must not hold a password: write the URL without it, {_ADVICE}")
    if found := _HTTP.fullmatch(url):
        if "@" in found["authority"]:
            raise ValueError(
                "must not hold a user name or token: leave out what stands before the host, up to and with"
                f" the @; {_ADVICE}"
            )
        if found["rest"]:
            raise ValueError(
                f"must not have a query or fragment, it could be a token: end it before ? or #; {_ADVICE}"
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

    repo: Annotated[str, Field(min_length=1), AfterValidator(_without_secret)]
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
