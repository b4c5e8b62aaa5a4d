"""What a git is started with: nothing of ours but what it needs, secrets neither in argv nor on disk."""

import os
import shlex
import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path

from fleet.git.credentials import BasicAuth, SshKey
from fleet.git.remote import Remote

_PASSED_ON = (
    *("PATH", "TMPDIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH"),
    *("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"),
)
_CONFIG = Path(str(files("fleet.git") / "safe.gitconfig"))
_ANSWER = r'printf "username=%s\npassword=%s\n" "$FLEET_GIT_USER" "$FLEET_GIT_WORD"'
_HELPER = f'!f() {{ test "$1" = get && {_ANSWER}; }}; f'
_CONNECT_SECONDS = 20


def local_environment() -> dict[str, str]:
    """The environment of a git that reaches no host: no prompts, no configuration but ours, English."""
    found = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return found | {
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(_CONFIG),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ATTR_NOSYSTEM": "1",
    }


@contextmanager
def remote_environment(remote: Remote) -> Iterator[Mapping[str, str]]:
    """The environment of a git that reaches `remote`; keys and certificates exist until the block ends.

    Name and password go to git's credential lookup, bound to the scheme, host and port of the address. So
    git asks for them only when that host wants them, and a redirect to another host gets none: a header
    set beforehand would be sent there too, as git takes the new host for the requests that follow.
    """
    environment = local_environment()
    with ExitStack() as stack:
        if remote.address.scheme == "ssh":
            environment |= _ssh(remote, stack)
        if remote.ca_bundle:
            trusted = _authorities() + remote.ca_bundle
            environment["GIT_SSL_CAINFO"] = stack.enter_context(_private_file(trusted))
        if remote.insecure_tls:
            environment["GIT_SSL_NO_VERIFY"] = "1"
        if isinstance(remote.credentials, BasicAuth):
            environment |= _sign_in(remote, remote.credentials)
        yield environment


def _sign_in(remote: Remote, credentials: BasicAuth) -> dict[str, str]:
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"credential.{remote.address.scheme}://{remote.host}.helper",
        "GIT_CONFIG_VALUE_0": _HELPER,
        "FLEET_GIT_USER": credentials.username,
        "FLEET_GIT_WORD": credentials.password,
    }


def _ssh(remote: Remote, stack: ExitStack) -> dict[str, str]:
    key = remote.credentials
    if not isinstance(key, SshKey):
        return {}
    known_hosts = stack.enter_context(_private_file(key.known_hosts))
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "no" if remote.insecure_host_key else "yes",
        "UserKnownHostsFile": "/dev/null" if remote.insecure_host_key else known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "IdentityFile": stack.enter_context(_private_file(key.private_key)),
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "PreferredAuthentications": "publickey",
        "ConnectTimeout": str(_CONNECT_SECONDS),
        "ServerAliveInterval": "10",
        "LogLevel": "ERROR",
    }
    words = ["ssh", "-F", "/dev/null", *(word for k, v in options.items() for word in ("-o", f"{k}={v}"))]
    return {"GIT_SSH_COMMAND": shlex.join(words), "GIT_SSH_VARIANT": "ssh"}


def _authorities() -> bytes:
    """The certificates that are trusted anyway, in PEM."""
    paths = ssl.get_default_verify_paths()
    for name in (os.environ.get("GIT_SSL_CAINFO"), paths.cafile, "/etc/ssl/certs/ca-certificates.crt"):
        if name and Path(name).is_file():
            return Path(name).read_bytes().rstrip() + b"\n"
    return b""


@contextmanager
def _private_file(data: bytes) -> Iterator[str]:
    """A file that only lives in memory and ends with this process, so that no kill leaves a key behind."""
    descriptor = os.memfd_create("fleet-git", os.MFD_CLOEXEC)
    try:
        os.fchmod(descriptor, 0o600)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.write(data)
        yield f"/proc/{os.getpid()}/fd/{descriptor}"
    finally:
        os.close(descriptor)
