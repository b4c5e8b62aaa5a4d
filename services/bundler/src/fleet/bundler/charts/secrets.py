"""Credentials for charts out of the secrets that a GitRepo names (fleet.md 2.12)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fleet.bundler.domain.chartauth import ChartAuth, ChartCredentials
from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.glob import BadPattern, matches
from fleet.bundler.domain.typed import Flag, Struct, Text
from fleet.bundler.domain.yamltext import Document, parse
from fleet.vault import SecretStore, VaultError

PATHS_KEY = "secrets-path.yaml"
"""The key of the secret that `helmSecretNameForPaths` names."""

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_PATH_AUTH = Struct(
    {
        **dict.fromkeys(("username", "password", "caBundle", "sshPrivateKey"), Text()),
        **dict.fromkeys(("insecureSkipVerify", "basicHTTP"), Flag()),
    },
    direct=frozenset({"username", "password"}),
)


def declared_credentials(
    spec: Mapping[str, Any], *, workspace: str, secrets: SecretStore
) -> ChartCredentials:
    """The credentials of a GitRepo: helmSecretName or helmSecretNameForPaths, and helmRepoURLRegex.

    `caBundle` and `insecureSkipTLSVerify` of the GitRepo hold for chart hosts too, where the secret says
    nothing else.

    Raises:
        BadInput: a secret is missing or cannot be used; with the field of the spec.
    """
    regex = str(spec.get("helmRepoURLRegex") or "")
    if name := str(spec.get("helmSecretNameForPaths") or ""):
        field = "spec.helmSecretNameForPaths"
        data = _data(secrets, workspace, name, field)
        if PATHS_KEY not in data:
            raise BadInput(f"secret {workspace}/{name} has no key {PATHS_KEY}", field=field)
        by_path = read_auth_by_path(data[PATHS_KEY], f"{PATHS_KEY} of secret {workspace}/{name}")
        general = _of_repository(spec, ChartAuth())
        return ChartCredentials(
            general, {path: _of_repository(spec, auth) for path, auth in by_path.items()}, regex
        )
    auth = ChartAuth()
    if name := str(spec.get("helmSecretName") or ""):
        auth = read_auth(_data(secrets, workspace, name, "spec.helmSecretName"), f"{workspace}/{name}")
    return ChartCredentials(_of_repository(spec, auth), {}, regex)


def read_auth(data: Mapping[str, bytes], name: str) -> ChartAuth:
    """What a secret with the keys of `helmSecretName` says; `name` is for messages.

    Raises:
        BadInput: it has a user name without a password, or the other way round.
    """
    one = {"username", "password"} & data.keys()
    if len(one) == 1:
        (given,) = one
        missing = "password" if given == "username" else "username"
        raise BadInput(
            f"{given} is set in the secret {name}, but {missing} isn't", field="spec.helmSecretName"
        )
    return ChartAuth(
        username=data.get("username", b"").decode(errors="replace"),
        password=data.get("password", b"").decode(errors="replace"),
        ca_bundle=data.get("cacerts", b""),
        ssh_private_key=data.get("ssh-privatekey", b""),
        known_hosts=data.get("known_hosts", b""),
        insecure_skip_verify=_flag(data, "insecureSkipVerify"),
        basic_http=_flag(data, "basicHTTP"),
    )


def read_auth_by_path(data: bytes, name: str) -> dict[str, ChartAuth]:
    """What a file says that has credentials by path; `name` is for messages.

    Certificates and keys stand in it as base64, as Go writes bytes, on one line or on many. As in Fleet a
    number is taken for a text; a file without a byte is an error, and so is a path that is a broken pattern.
    Raises BadInput, without any value.
    """
    if not data:
        raise BadInput("is empty", path=name)
    document = parse(data, name)
    if document.value is None:
        return {}
    if not isinstance(document.value, dict):
        raise document.wrong((), "must be a map from paths to credentials")
    found = {}
    for path in document.value:
        _check_pattern(document, path)
        one = _PATH_AUTH.read(document, (path,), document.value[path], lenient=True) or {}
        try:
            ca, key = (_bytes(one.get(field, "")) for field in ("caBundle", "sshPrivateKey"))
        except binascii.Error:
            raise document.wrong((path,), "caBundle and sshPrivateKey must be base64") from None
        found[path] = ChartAuth(
            username=one.get("username", ""),
            password=one.get("password", ""),
            ca_bundle=ca,
            ssh_private_key=key,
            insecure_skip_verify=one.get("insecureSkipVerify", False),
            basic_http=one.get("basicHTTP", False),
        )
    return found


def _check_pattern(document: Document, path: str) -> None:
    try:
        matches(path, "")
    except BadPattern:
        raise document.wrong((path,), "is not a valid pattern for paths") from None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)


def _flag(data: Mapping[str, bytes], key: str) -> bool:
    """As Go reads it; what is no boolean is false, which is the safe one."""
    return data.get(key, b"").decode(errors="replace") in _TRUE


def _data(secrets: SecretStore, workspace: str, name: str, field: str) -> Mapping[str, bytes]:
    try:
        data = secrets.get(workspace, name)
    except (VaultError, ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BadInput(f"secret {workspace}/{name} cannot be read: {reason}", field=field) from None
    if data is None:
        raise BadInput(f"there is no secret {workspace}/{name}", field=field)
    return data


def _of_repository(spec: Mapping[str, Any], auth: ChartAuth) -> ChartAuth:
    try:
        own = base64.b64decode(str(spec.get("caBundle") or ""), validate=True)
    except binascii.Error:
        raise BadInput("it is not base64", field="spec.caBundle") from None
    insecure = auth.insecure_skip_verify or bool(spec.get("insecureSkipTLSVerify"))
    return replace(auth, ca_bundle=auth.ca_bundle or own, insecure_skip_verify=insecure)
