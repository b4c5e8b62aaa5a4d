"""Real git servers for tests: repositories on disk, over smart HTTP and over SSH, and a server that hangs."""

import asyncio
import contextlib
import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from fleet.git.credentials import SshKey

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "LC_ALL": "C",
}
_SECONDS = 30.0

Files = Mapping[str, str | bytes | None]


class Repository:
    """A bare repository; commits are written into it straight, without a work tree."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--bare", "--initial-branch=master", ".")

    @property
    def url(self) -> str:
        """Its file:// URL."""
        return f"file://{self.folder}"

    def git(self, *arguments: str, given: bytes = b"") -> str:
        """Run git in the repository and return what it printed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=_ENVIRONMENT,
            input=given,
            capture_output=True,
            check=True,
            timeout=_SECONDS,
        )
        return done.stdout.decode().strip()

    def commit(self, files: Files, *, branch: str = "master", orphan: bool = False) -> str:
        """Add, change or (None) remove files on a branch; an orphan replaces it, as a force-push does."""
        changes = dict.fromkeys(files, "100644")
        return self._import(branch, [_change(path, changes[path], files[path]) for path in files], orphan)

    def commit_link(self, path: str, target: str, *, branch: str = "master") -> str:
        """Add a symlink."""
        return self._import(branch, [_change(path, "120000", target)], orphan=False)

    def commit_submodule(self, path: str, commit: str, *, branch: str = "master") -> str:
        """Add a submodule at a commit of its repository."""
        return self._import(branch, [f"M 160000 {commit} {path}\n".encode()], orphan=False)

    def tag(self, name: str, *, branch: str = "master", message: str = "") -> None:
        """Tag the head of a branch; with a message the tag is an object of its own."""
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
        kind = ["-a", "-m", message] if message else []
        self.git(*identity, "tag", *kind, name, f"refs/heads/{branch}")

    def delete_branch(self, branch: str) -> None:
        """Delete a branch."""
        self.git("update-ref", "-d", f"refs/heads/{branch}")

    def _import(self, branch: str, changes: list[bytes], orphan: bool) -> str:
        reference = f"refs/heads/{branch}"
        exists = self.git("for-each-ref", "--format=x", reference)
        head = [b"from " + reference.encode() + b"^0\n"] if exists and not orphan else []
        who = b"committer Test <test@example.com> now\n"
        lines = [b"commit " + reference.encode() + b"\n", who, b"data 6\nChange\n", *head, *changes, b"\n"]
        self.git("fast-import", "--quiet", "--force", "--date-format=now", given=b"".join(lines))
        return self.git("rev-parse", reference)


def _change(path: str, mode: str, content: str | bytes | None) -> bytes:
    if content is None:
        return f"D {path}\n".encode()
    data = content.encode() if isinstance(content, str) else content
    return f"M {mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n"


@dataclass(frozen=True, slots=True)
class SshServer:
    """A running SSH server: its port, and the key and known_hosts that open it."""

    port: int
    key: SshKey

    def url_of(self, name: str) -> str:
        """The ssh:// URL of a repository below the root."""
        return f"ssh://git@127.0.0.1:{self.port}/{name}"


@contextlib.asynccontextmanager
async def serving_ssh(root: Path) -> AsyncIterator[SshServer]:
    """Serve the repositories below a folder over SSH, to one key."""
    host_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    authorized = asyncssh.import_authorized_keys(client_key.export_public_key().decode())

    async def upload_pack(process: asyncssh.SSHServerProcess[bytes]) -> None:
        program, path = shlex.split(process.command or "")
        assert program == "git-upload-pack"
        protocol = process.env.get("GIT_PROTOCOL", "")
        child = await asyncio.create_subprocess_exec(
            *("git", "upload-pack", str(root / path.lstrip("/"))),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT | {"GIT_PROTOCOL": protocol},
        )
        asking = asyncio.create_task(_copy(process.stdin, child.stdin, ends=True))
        await asyncio.gather(_copy(child.stdout, process.stdout), _copy(child.stderr, process.stderr))
        process.exit(await child.wait())
        await asking

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=authorized,
        process_factory=upload_pack,
        encoding=None,
    )
    try:
        port = server.get_port()
        known = f"[127.0.0.1]:{port} {host_key.export_public_key().decode()}"
        key = SshKey(private_key=client_key.export_private_key("openssh"), known_hosts=known.encode())
        yield SshServer(port=port, key=key)
    finally:
        server.close()
        await server.wait_closed()


async def _copy(source: Any, sink: Any, *, ends: bool = False) -> None:
    """Carry bytes from one stream to another until either ends."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()
        if ends:
            sink.write_eof()


def another_key() -> SshKey:
    """A key that no server knows, which knows a host that does not exist."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return SshKey(
        private_key=key.export_private_key("openssh"),
        known_hosts=b"nowhere.example " + key.export_public_key(),
    )


@dataclass(slots=True)
class SilentServer:
    """A server that takes connections and never answers; `connections` counts them."""

    port: int
    connections: int = 0


@contextlib.asynccontextmanager
async def hanging() -> AsyncIterator[SilentServer]:
    """A host that hangs: the connection stands, no byte ever comes."""
    release = asyncio.Event()
    silent = SilentServer(port=0)

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        silent.connections += 1
        await release.wait()
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    silent.port = server.sockets[0].getsockname()[1]
    try:
        yield silent
    finally:
        release.set()
        server.close()
        await server.wait_closed()
