"""How a cluster is reached: its URL, who we are, and whom we trust.

Read from a kubeconfig, or from what every pod is given.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .errors import Unavailable

Authorization = Callable[[], Awaitable[str | None]]
"""The value of the Authorization header at this moment; None for none."""

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_PLAIN_USER = frozenset(
    ["token", "tokenFile", "client-certificate", "client-certificate-data", "client-key", "client-key-data"]
)


class AccessError(ValueError):
    """A kubeconfig that cannot be used; the message names the place and never a credential."""


@dataclass(frozen=True, slots=True)
class Access:
    """Everything needed to open connections to one cluster."""

    name: str
    server: str
    authorization: Authorization
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    proxy: str | None = None


async def from_kubeconfig(source: str | Path, context: str | None = None) -> Access:
    """Read a kubeconfig, given as a path or as its text; `context` instead of the current one.

    Raises AccessError when it cannot be used and Unavailable when a credential plugin fails.
    """
    base, config = _read(source)
    context = context or config.get("current-context")
    chosen = _named(config, "contexts", context).get("context") or {}
    cluster = _named(config, "clusters", chosen.get("cluster")).get("cluster") or {}
    user = (_named(config, "users", chosen["user"]).get("user") or {}) if chosen.get("user") else {}
    if "server" not in cluster:
        raise AccessError(f"kubeconfig: cluster {chosen.get('cluster')!r} has no server")
    if not user.keys() <= _PLAIN_USER:
        return await _through_library(config, str(context), base)
    return Access(
        name=str(context),
        server=cluster["server"].rstrip("/"),
        authorization=_token(user, base),
        tls=_tls(cluster, user, base),
        server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
    )


def in_cluster(environment: Mapping[str, str] = os.environ, account: Path = ACCOUNT) -> Access:
    """The access every pod has: its service account's. Raises AccessError outside of a pod."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    if not host or not port or not (account / "token").is_file():
        raise AccessError("this process runs in no pod with a service account; give a kubeconfig instead")
    return Access(
        name="in-cluster",
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        authorization=_token({"tokenFile": str(account / "token")}, account),
        tls=ssl.create_default_context(cafile=str(account / "ca.crt")),
    )


def _read(source: str | Path) -> tuple[Path, dict[str, Any]]:
    is_path = isinstance(source, Path) or ("\n" not in source and not source.lstrip().startswith("{"))
    try:
        text = Path(source).read_text() if is_path else str(source)
        config = yaml.safe_load(text)
    except (OSError, yaml.YAMLError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no YAML"
        raise AccessError(f"kubeconfig {source if is_path else 'text'}: {said}") from None
    if not isinstance(config, dict):
        raise AccessError(f"kubeconfig {source if is_path else 'text'}: it is no mapping")
    return (Path(source).absolute().parent if is_path else Path.cwd()), config


def _named(config: Mapping[str, Any], field: str, name: Any) -> Mapping[str, Any]:
    for entry in config.get(field) or ():
        if isinstance(entry, dict) and entry.get("name") == name:
            return entry
    raise AccessError(f"kubeconfig: there is no {name!r} in its {field}")


def _token(user: Mapping[str, Any], base: Path) -> Authorization:
    async def fixed() -> str | None:
        return f"Bearer {user['token']}" if user.get("token") else None

    async def from_file() -> str | None:
        # Read each time: the kubelet replaces the file before the token runs out.
        return f"Bearer {(base / user['tokenFile']).read_text().strip()}"

    return from_file if user.get("tokenFile") and not user.get("token") else fixed


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], base: Path) -> ssl.SSLContext | None:
    if not cluster["server"].startswith("https:"):
        return None
    try:
        authority = _data(cluster, "certificate-authority", base)
        context = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if cluster.get("insecure-skip-tls-verify"):
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        certificate, key = _data(user, "client-certificate", base), _data(user, "client-key", base)
        if certificate and key:
            _load_certificate(context, certificate, key)
    except (OSError, ValueError) as error:
        raise AccessError(
            f"kubeconfig: certificates of {cluster['server']}: {type(error).__name__}"
        ) from None
    return context


def _data(section: Mapping[str, Any], field: str, base: Path) -> bytes | None:
    if section.get(f"{field}-data"):
        return base64.b64decode(section[f"{field}-data"])
    return (base / section[field]).read_bytes() if section.get(field) else None


def _load_certificate(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    # The ssl module reads files only; this one is ours alone and gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate + b"\n" + key)
        file.flush()
        context.load_cert_chain(file.name)


async def _through_library(config: dict[str, Any], context: str, base: Path) -> Access:
    """Plugins and providers of credentials, as kubernetes_asyncio runs them; its import costs some 50 MiB."""
    from kubernetes_asyncio.client import Configuration
    from kubernetes_asyncio.config import ConfigException
    from kubernetes_asyncio.config.kube_config import KubeConfigLoader

    loader = KubeConfigLoader(config_dict=config, active_context=context, config_base_path=str(base))
    settings = Configuration()

    async def authorization() -> str | None:
        try:
            await loader.load_and_set(settings)
        except Exception as error:  # noqa: BLE001 - see below
            # Plugins fail in any way, and their words may hold what they were to keep.
            said = f"the credentials of context {context!r} cannot be had ({type(error).__name__})"
            raise Unavailable(context, "AUTH", settings.host or "", 0, "Credentials", said) from None
        key = settings.api_key.get("BearerToken")
        return str(key) if key else None

    try:
        await authorization()
    except ConfigException:
        raise AccessError(f"kubeconfig: context {context!r} cannot be used") from None
    tls, server = None, settings.host or ""
    if server.startswith("https:"):
        tls = ssl.create_default_context(cafile=settings.ssl_ca_cert)
        if not settings.verify_ssl:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        if settings.cert_file:
            tls.load_cert_chain(settings.cert_file, settings.key_file)
    return Access(
        name=context,
        server=server.rstrip("/"),
        authorization=authorization,
        tls=tls,
        server_name=settings.tls_server_name,
        proxy=settings.proxy,
    )
