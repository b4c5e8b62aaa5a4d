"""Fetches charts: at most a few at a time of each host, each archive once."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit, urlunsplit

from fleet.bundler.charts.cache import Access, ChartCache
from fleet.bundler.charts.errors import ChartUnavailable
from fleet.bundler.charts.gitcharts import fetch_git
from fleet.bundler.charts.http import SECONDS, Http, Sign
from fleet.bundler.charts.oci import Reference, Registry, parse_reference
from fleet.bundler.domain.archive import PACKED_BYTES
from fleet.bundler.domain.chartauth import BadCredentialRule, ChartAuth, ChartCredentials
from fleet.bundler.domain.chartneeds import ChartNeed, KeptChart
from fleet.bundler.domain.chartsource import (
    OCI,
    BadSource,
    Checksum,
    Source,
    SourceKind,
    in_index,
    origin,
    parse_source,
    parts_of,
    shown,
)
from fleet.bundler.domain.index import INDEX_BYTES, Choice, NoSuchChart
from fleet.bundler.hosts import Hosts

Choose = Callable[[bytes, ChartNeed], Awaitable[Choice]]
"""Chooses in an index, in a process that may not do harm. Raises NoSuchChart."""

_IN_MEMORY = 2
"""How many indexes, and how many charts of git repositories, are held in memory at the same time."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """One need with what it is fetched with."""

    need: ChartNeed
    auth: ChartAuth
    credentials: ChartCredentials
    workspace: str

    def identity(self, signed: bool) -> str:
        """Who asks, as far as a server may answer differently; nobody in particular without credentials."""
        if not signed or not (self.auth.username and self.auth.password):
            return ""
        said = f"{len(self.auth.username)} {self.auth.username} {self.auth.password}"
        return hashlib.sha256(said.encode()).hexdigest()


class ChartFetcher:
    """Fetches charts into a cache. Use it as `async with ChartFetcher(...) as fetcher`.

    `git` is the folder of git's own caches, one for each workspace; `choose` looks into indexes.
    """

    def __init__(self, *, cache: ChartCache, git: Path, choose: Choose, seconds: float = SECONDS) -> None:
        self.cache = cache
        self._git = git
        self._choose = choose
        self._http = Http(cache, seconds=seconds)
        self._hosts = Hosts()
        self._indexes = asyncio.Semaphore(_IN_MEMORY)
        self._packing = asyncio.Semaphore(_IN_MEMORY)
        self._choices: dict[tuple[str, str, str, bool], Choice] = {}

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def fetch(self, need: ChartNeed, credentials: ChartCredentials, *, workspace: str) -> KeptChart:
        """Fetch a chart; what is wrong with it is told in the answer.

        Raises:
            HostBusy: too many wait for its host already; to be tried again later.
        """
        hint = ""
        try:
            forwarded = credentials.forwarded(need)
            hint = forwarded.hint
            return await self._fetched(_Asking(need, forwarded.auth, credentials, workspace))
        except ChartUnavailable as error:
            return KeptChart(error=f"{error}; {hint}" if hint and error.refused else str(error))
        except (BadCredentialRule, BadSource, NoSuchChart) as error:
            return KeptChart(error=str(error))

    async def _fetched(self, asking: _Asking) -> KeptChart:
        need = asking.need
        if need.repo.startswith(OCI):
            url = f"{need.repo.rstrip('/')}/{need.chart}" if need.dependency else need.repo
            return await self._pulled(asking, url)
        if need.repo:
            return await self._indexed(asking)
        source = parse_source(need.chart)
        if source.kind is SourceKind.OCI:
            return await self._pulled(asking, source.url)
        if source.kind is SourceKind.GIT:
            return await self._packed(asking, source)
        if source.kind is SourceKind.HTTP:
            return await self._downloaded(asking, source)
        raise ChartUnavailable(
            f'there is no folder "{shown(source.url)}" in the repository, and it is no URL'
        )

    async def _packed(self, asking: _Asking, source: Source) -> KeptChart:
        async with self._hosts.enter(urlsplit(source.url).netloc.rpartition("@")[2] or "local"):
            digest = await fetch_git(
                source,
                asking.auth,
                cache=self.cache,
                folder=self._git / asking.workspace,
                packing=self._packing,
            )
        return KeptChart("chart.tar", digest, source.subdir, asking.need.version)

    async def _pulled(self, asking: _Asking, url: str) -> KeptChart:
        reference: Reference = parse_reference(url)
        registry = Registry(
            http=self._http,
            cache=self.cache,
            reference=reference,
            auth=asking.auth,
            identity=asking.identity(True),
        )
        async with self._hosts.enter(reference.host):
            digest, version = await registry.pull(asking.need.version)
        return KeptChart(f"{reference.name.rpartition('/')[2]}-{version}.tgz", digest, "", version)

    async def _indexed(self, asking: _Asking) -> KeptChart:
        need = asking.need
        choice = await self._chosen(asking)
        source = parse_source(in_index(need.repo, choice.url))
        if source.kind is SourceKind.OCI:
            return replace(await self._pulled(asking, source.url), version=choice.version)
        if source.kind is not SourceKind.HTTP:
            raise ChartUnavailable(f'the index names "{shown(choice.url)}", which is no archive')
        return replace(await self._downloaded(asking, source, choice.digest), version=choice.version)

    async def _chosen(self, asking: _Asking) -> Choice:
        need = asking.need
        parts = parts_of(need.repo)
        if parts.scheme not in ("http", "https"):
            raise ChartUnavailable(f'"{shown(need.repo)}" is no repository: use http, https or oci')
        url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/index.yaml"))
        try:
            index = await self._kept(asking, url, INDEX_BYTES)
        except ChartUnavailable as error:
            if error.status:
                text = f"failed to read helm repo from {shown(url)}, error code: {error.status}"
                raise ChartUnavailable(text, status=error.status) from None
            raise
        key = (index.digest, need.chart, need.version, need.dependency)
        if key not in self._choices:
            async with self._indexes:
                data = await asyncio.to_thread(self.cache.read, index.digest)
                found = await self._choose(data or b"", need)
            while len(self._choices) >= 1024:
                self._choices.pop(next(iter(self._choices)))
            self._choices[key] = found
        return self._choices[key]

    async def _downloaded(self, asking: _Asking, source: Source, digest: str = "") -> KeptChart:
        """Fetch an archive; what was fetched before is not again where its digest is known to be the same."""
        wanted = source.checksum.digest if source.checksum and source.checksum.kind == "sha256" else digest
        found = await self._kept(asking, source.url, PACKED_BYTES, wanted=wanted)
        if source.checksum is not None:
            wrong = await asyncio.to_thread(self._checked, source.checksum, found.digest)
            if wrong:
                raise ChartUnavailable(f'checksum mismatch for "{shown(source.url)}": {wrong}')
        return KeptChart(source.name, found.digest, source.subdir, asking.need.version)

    def _checked(self, checksum: Checksum, digest: str) -> str:
        return checksum.check(self.cache.read(digest) or b"")

    async def _kept(self, asking: _Asking, url: str, limit: int, *, wanted: str = "") -> Access:
        sign = _sign_for(asking, url)
        identity = asking.identity(bool(sign(url))) if not urlsplit(url).username else sign(url)
        before = self.cache.access(url, identity)
        if before is not None and wanted and before.digest == wanted:
            return before
        async with self._hosts.enter(urlsplit(url).netloc.rpartition("@")[2]):
            found = await self._http.download(url, asking.auth, sign, limit=limit, before=before)
        self.cache.remember(url, identity, found)
        return found


def _sign_for(asking: _Asking, url: str) -> Sign:
    """Who gets the credentials: the host of the repository, and that of the URL where the expression fits it.

    A name and a password in the URL itself are for its host. Of redirects the expression is not asked.
    """
    parts, home = parts_of(url), origin(asking.need.repo or asking.need.chart)
    trusted = {home, origin(url)} if asking.credentials.allows(url) else {home}
    given = _basic(unquote(parts.username or ""), unquote(parts.password or ""))
    general = _basic(asking.auth.username, asking.auth.password) if asking.auth.password else ""

    def sign(asked: str) -> str:
        if given and origin(asked) == origin(url):
            return given
        return general if origin(asked) in trusted else ""

    return sign


def _basic(username: str, password: str) -> str:
    if not username:
        return ""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
