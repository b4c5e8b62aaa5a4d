"""Charts in git repositories: a commit's files as one archive, which is the same whenever it is made."""

import asyncio
import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fleet.bundler.charts.cache import ChartCache, Writer
from fleet.bundler.charts.errors import ChartUnavailable
from fleet.bundler.domain.archive import PACKED_BYTES
from fleet.bundler.domain.chartauth import ChartAuth
from fleet.bundler.domain.chartsource import Source
from fleet.git import (
    AccessDenied,
    BasicAuth,
    BranchMissing,
    Credentials,
    GitError,
    Remote,
    SshKey,
    Tree,
    TreeEntry,
    fetch,
    is_commit,
    resolve,
    resolve_default,
    resolve_revision,
    tidy,
)


async def fetch_git(
    source: Source, auth: ChartAuth, *, cache: ChartCache, folder: Path, packing: asyncio.Semaphore
) -> str:
    """Fetch the files that a source means and keep them as a tar; gives its digest.

    `folder` is git's cache, which is of one circle of trust; `packing` is held while the files are in memory.

    Raises:
        ChartUnavailable: no way in, no such branch, tag or commit, or too much in it.
    """
    try:
        remote = Remote.of(
            source.url,
            _credentials(source, auth),
            ca_bundle=auth.ca_bundle,
            insecure_tls=auth.insecure_skip_verify,
        )
        tree = await fetch(remote, await _commit(remote, source.ref), folder)
        async with packing:
            digest = await _packed(tree, source.subdir, cache)
        await tidy(remote, folder)
        return digest
    except AccessDenied as error:
        raise ChartUnavailable(_told(error), status=401) from None
    except GitError as error:
        raise ChartUnavailable(_told(error)) from None


def _told(error: GitError) -> str:
    """Without the advice, which is about the fields of a GitRepo."""
    return f"{error.repo}{f' ({error.branch})' if error.branch else ''}: {error.what}: {error.reason}"


def _credentials(source: Source, auth: ChartAuth) -> Credentials | None:
    """A key for SSH; else what the URL itself says counts before what was given beside it."""
    if source.url.startswith("ssh://"):
        key = source.ssh_key or auth.ssh_private_key
        return SshKey(private_key=key, known_hosts=auth.known_hosts) if key else None
    if "@" in source.url.split("://", 1)[-1].split("/", 1)[0] or not auth.username:
        return None
    return BasicAuth(username=auth.username, password=auth.password)


async def _commit(remote: Remote, ref: str) -> str:
    if not ref:
        return await resolve_default(remote)
    if is_commit(ref):
        return ref
    try:
        return await resolve(remote, ref)
    except BranchMissing:
        return await resolve_revision(remote, ref)


async def _packed(tree: Tree, subdir: str, cache: ChartCache) -> str:
    below = f"{subdir.strip('/')}/" if subdir.strip("/") not in ("", ".") else ""
    entries = [
        entry for entry in await tree.entries() if entry.path.startswith(below) and not entry.is_submodule
    ]
    if sum(entry.size for entry in entries) > PACKED_BYTES:
        raise ChartUnavailable(f"the files are larger than {PACKED_BYTES} bytes; name a folder with //")
    contents = await tree.contents(entry.oid for entry in entries)
    with cache.begin() as writer:
        await asyncio.to_thread(_pack, writer, entries, contents)
        return await asyncio.to_thread(writer.finish)


def _pack(writer: Writer, entries: Sequence[TreeEntry], contents: Mapping[str, bytes]) -> None:
    stream: Any = writer  # of which tarfile asks no more than `write` in this mode
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            member = tarfile.TarInfo(entry.path)
            data = contents[entry.oid]
            if entry.is_symlink:
                member.type, member.linkname = tarfile.SYMTYPE, data.decode(errors="surrogateescape")
                tar.addfile(member)
            else:
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
