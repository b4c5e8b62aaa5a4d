"""HTTP as charts are fetched by: streamed, bounded in bytes and time, credentials to whom they are for."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from fleet.bundler.charts.cache import Access, ChartCache
from fleet.bundler.charts.errors import ChartUnavailable
from fleet.bundler.domain.chartauth import ChartAuth
from fleet.bundler.domain.chartsource import joined, parts_of, shown

SECONDS = 60.0
"""How long one answer may take, redirects and all its bytes included (Fleet: 5 minutes)."""

_REDIRECTS = 10
_PIECE = 64 << 10
_MOVED = (301, 302, 303, 307, 308)

T = TypeVar("T")

Sign = Callable[[str], str]
"""Gives the Authorization header for a URL; empty where it gets none."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer in memory, and the URL that it came from in the end."""

    data: bytes
    headers: Mapping[str, str]
    url: str


class Http:
    """One client for all hosts. Use it as `async with Http(cache) as http`."""

    def __init__(self, cache: ChartCache, *, seconds: float = SECONDS) -> None:
        self._cache = cache
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,  # an archive is kept as it is, and no answer inflates by itself
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=20),
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    async def download(
        self, url: str, auth: ChartAuth, sign: Sign, *, limit: int, before: Access | None = None
    ) -> Access:
        """Fetch a URL into the cache. `before` is what it gave the last time, kept if nothing is newer.

        Raises as `ask`.
        """

        async def receive(answer: aiohttp.ClientResponse) -> Access:
            if answer.status == 304 and before is not None:
                return before
            with self._cache.begin() as writer:
                async for piece in _pieces(answer, limit):
                    writer.write(piece)
                digest = await asyncio.to_thread(writer.finish)
            return Access(digest, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))

        return await self._send(url, auth, sign, _conditions(before), receive)

    async def ask(
        self, url: str, auth: ChartAuth, sign: Sign, *, limit: int, accept: str = "*/*"
    ) -> Answered:
        """Fetch a small answer, which is not kept.

        Each redirect's headers are its own: what was signed for one host is not for the next.

        Raises:
            ChartUnavailable: no answer in time, none that is good, or one that is larger than `limit` bytes.
        """

        async def receive(answer: aiohttp.ClientResponse) -> Answered:
            data = b"".join([piece async for piece in _pieces(answer, limit)])
            return Answered(data, dict(answer.headers), str(answer.url))

        return await self._send(url, auth, sign, {"Accept": accept}, receive)

    async def _send(
        self,
        url: str,
        auth: ChartAuth,
        sign: Sign,
        headers: Mapping[str, str],
        receive: Callable[[aiohttp.ClientResponse], Awaitable[T]],
    ) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(url, _tls(auth), sign, headers, receive)
        except TimeoutError:
            raise ChartUnavailable(f'"{shown(url)}": no whole answer within {self._seconds:g} s') from None
        except aiohttp.ClientSSLError as error:
            raise ChartUnavailable(f'"{shown(url)}": tls: {_tls_reason(error)}') from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ChartUnavailable(f'"{shown(url)}": {_reason(error)}') from None

    async def _follow(
        self,
        url: str,
        tls: ssl.SSLContext | bool,
        sign: Sign,
        headers: Mapping[str, str],
        receive: Callable[[aiohttp.ClientResponse], Awaitable[T]],
    ) -> T:
        assert self._session is not None
        for _ in range(_REDIRECTS + 1):
            signed = {**headers, "Authorization": header} if (header := sign(url)) else headers
            bare = _without_user(url)
            async with self._session.get(
                bare, headers=signed, allow_redirects=False, ssl=tls, proxy=_proxy(bare)
            ) as answer:
                if answer.status in _MOVED and (place := answer.headers.get("Location")):
                    url = joined(url, place)
                    if parts_of(url).scheme not in ("http", "https"):
                        raise ChartUnavailable(f'"{shown(url)}": a redirect to what is no web server')
                elif answer.status not in (200, 304):
                    raise ChartRefused(url, answer.status, answer.headers.get("WWW-Authenticate", ""))
                else:
                    return await receive(answer)
        raise ChartUnavailable(f'"{shown(url)}": more than {_REDIRECTS} redirects')


async def _pieces(answer: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    """The body, no more than `limit` bytes of it. Raises ChartUnavailable where there is more."""
    received = 0
    if (answer.content_length or 0) <= limit:
        async for piece in answer.content.iter_chunked(_PIECE):
            received += len(piece)
            if received > limit:
                break
            yield piece
        else:
            return
    raise ChartUnavailable(f'"{shown(str(answer.url))}": more than {limit} bytes, which is the most')


class ChartRefused(ChartUnavailable):
    """An answer that is not 200; `challenge` says how the server would like to be signed in to."""

    def __init__(self, url: str, status: int, challenge: str) -> None:
        self.challenge = challenge
        super().__init__(f'"{shown(url)}": unexpected status {status}', status=status)


def _tls(auth: ChartAuth) -> ssl.SSLContext | bool:
    if auth.insecure_skip_verify:
        return False
    if not auth.ca_bundle:
        return True
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cadata=auth.ca_bundle.decode(errors="replace"))
    except ssl.SSLError:
        raise ChartUnavailable("the CA bundle contains no valid PEM certificates") from None
    return context


def _conditions(before: Access | None) -> dict[str, str]:
    if before is None:
        return {}
    if before.etag:
        return {"If-None-Match": before.etag}
    return {"If-Modified-Since": before.modified} if before.modified else {}


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL; nothing of a .netrc, whose passwords are not ours."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _tls_reason(error: aiohttp.ClientSSLError) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    reason = getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__
    return f"failed to verify certificate: {reason}"


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
    if isinstance(error, aiohttp.InvalidURL | ValueError):
        return "it is no URL that can be asked"
    return f"the connection broke ({type(error).__name__})"
