"""One cluster's HTTP session: requests in, JSON or errors out."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
import orjson
from yarl import URL

from .access import Access
from .errors import KubeError, Unavailable, from_status

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 60.0
CONNECTIONS = 64
JSON = "application/json"

Parameters = Mapping[str, str]


class Connection:
    """Sends requests to one cluster; every failure is a KubeError."""

    def __init__(self, *, access: Access) -> None:
        self._access = access
        connector = aiohttp.TCPConnector(ssl=access.tls or True, limit=0, limit_per_host=0, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(
            connector=connector, headers={"User-Agent": "fleet"}, auto_decompress=True, trust_env=True
        )
        self._room = asyncio.Semaphore(CONNECTIONS)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._session.close()

    @property
    def cluster(self) -> str:
        """The cluster's name in errors."""
        return self._access.name

    async def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        body: Any = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> dict[str, Any]:
        """Send one request and read its answer; `body` is sent as JSON. Raises a KubeError."""
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS, sock_connect=CONNECT_SECONDS)
        headers = {"Accept": accept} | ({"Content-Type": content_type} if body is not None else {})
        # A stream, for aiohttp writes bytes of more than a mebibyte in one piece and warns of it.
        data = None if body is None else BytesIO(orjson.dumps(body))
        async with self._room, self._open(method, path, parameters, data, headers, timeout) as response:
            answer = await response.read()
            return self._decoded(method, path, answer)

    @asynccontextmanager
    async def stream(
        self, path: str, *, parameters: Parameters, accept: str, silence: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The chunks of an answer without end; gives up after `silence` seconds without one. Raises a
        KubeError.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=silence)
        async with self._open("GET", path, parameters, None, {"Accept": accept}, timeout) as response:
            yield response.content.iter_any()

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        path: str,
        parameters: Parameters | None,
        data: BytesIO | None,
        headers: dict[str, str],
        timeout: aiohttp.ClientTimeout,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if authorization := await self._access.authorization():
            headers = {**headers, "Authorization": authorization}
        try:
            async with self._session.request(
                method,
                URL(self._access.server + path),
                params=parameters,
                data=data,
                headers=headers,
                timeout=timeout,
                proxy=self._access.proxy,
                server_hostname=self._access.server_name,
                allow_redirects=False,
            ) as response:
                if response.status >= 300:
                    raise await self._refusal(method, path, response)
                yield response
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise self._unavailable(method, path, error) from error

    async def _refusal(self, method: str, path: str, response: aiohttp.ClientResponse) -> KubeError:
        try:
            status = orjson.loads(await response.read())
        except orjson.JSONDecodeError:
            status = {}
        if not isinstance(status, dict) or status.get("kind") != "Status":
            status = {"message": f"the answer is no Kubernetes API's: {response.reason}"}
        return from_status(self.cluster, method, path, response.status, status)

    def _decoded(self, method: str, path: str, answer: bytes) -> dict[str, Any]:
        try:
            value = orjson.loads(answer)
        except orjson.JSONDecodeError as error:
            raise Unavailable(self.cluster, method, path, 0, "NoJson", "the answer is no JSON") from error
        if not isinstance(value, dict):
            raise Unavailable(self.cluster, method, path, 0, "NoObject", "the answer is no object")
        return value

    def _unavailable(self, method: str, path: str, error: Exception) -> Unavailable:
        """The library's words name hosts and ports at most; headers and bodies are not in them."""
        if isinstance(error, TimeoutError):
            said = "no answer in time"
        elif isinstance(error, aiohttp.ClientConnectorError):
            said = f"cannot connect to {error.host}:{error.port}: {error.os_error.strerror or error.os_error}"
        else:
            said = "the connection was lost"
        return Unavailable(self.cluster, method, path, 0, type(error).__name__, said)
