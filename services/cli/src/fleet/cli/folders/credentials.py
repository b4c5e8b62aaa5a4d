"""What charts are fetched with, from the flags of `fleet apply NAME PATH...`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fleet.bundler.domain.chartauth import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput

KNOWN_HOSTS = "FLEET_KNOWN_HOSTS"
"""The environment's known SSH hosts, for charts in git."""


def credentials_of(given: Mapping[str, Any], environment: Mapping[str, str]) -> ChartCredentials:
    """The credentials that the flags name; those by folder stand in the place of all others, as in Fleet.

    Raises:
        BadInput: a file cannot be read, or is wrong.
    """
    regex = given["helm_repo_url_regex"]
    known_hosts = environment.get(KNOWN_HOSTS, "").encode()
    if by_path := given["helm_credentials_by_path_file"]:
        from fleet.bundler.charts import read_auth_by_path  # and all that fetches, only where it is wanted

        return ChartCredentials(
            general=ChartAuth(known_hosts=known_hosts),
            by_path=read_auth_by_path(_bytes("--helm-credentials-by-path-file", by_path), by_path),
            url_regex=regex,
        )
    username = given["username"] or environment.get("HELM_USERNAME", "")
    password = given["password_file"] if username else ""
    return ChartCredentials(
        general=ChartAuth(
            username=username if password else "",
            password=_bytes("--password-file", password).decode("utf-8", "surrogateescape"),
            ca_bundle=_bytes("--cacerts-file", given["cacerts_file"]),
            ssh_private_key=_bytes("--ssh-privatekey-file", given["ssh_privatekey_file"]),
            known_hosts=known_hosts,
            insecure_skip_verify=given["helm_insecure_skip_tls"],
            basic_http=given["helm_basic_http"],
        ),
        url_regex=regex,
    )


def _bytes(flag: str, name: str) -> bytes:
    """A file's bytes; none where no file is named. One that is not there is an error, unlike in Fleet."""
    if not name:
        return b""
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", path=name, field=flag) from None
