"""Charts in OCI registries: tags, manifests and the one layer that is the chart."""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson

from fleet.bundler.charts.cache import Access, ChartCache
from fleet.bundler.charts.errors import ChartUnavailable
from fleet.bundler.charts.http import Answered, ChartRefused, Http
from fleet.bundler.domain.archive import PACKED_BYTES
from fleet.bundler.domain.chartauth import ChartAuth
from fleet.bundler.domain.chartsource import OCI, joined, origin, parts_of, shown
from fleet.bundler.domain.tags import choose_tag, is_version, normalized
from fleet.bundler.domain.versions import BadConstraint

T = TypeVar("T")

_MANIFEST_BYTES = 4 << 20
_TOKEN_BYTES = 1 << 20
_PAGES = 64
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
_INDEXED = 32
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_LAYERS = ("application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip")
_REFERENCE = re.compile(
    r"oci://(?P<host>[^/@?#]+)/(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?/?"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HOSTS = {"docker.io": "registry-1.docker.io"}


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a chart is: host and port, repository, and what its URL may pin."""

    host: str
    name: str
    tag: str = ""
    digest: str = ""


def parse_reference(url: str) -> Reference:
    """Take an `oci://` URL apart. Raises ChartUnavailable where it is none."""
    found = _REFERENCE.fullmatch(url)
    if found is None:
        raise ChartUnavailable(f'"{shown(url)}": it has not the form {OCI}host/repository[:tag]')
    return Reference(found["host"], found["name"], found["tag"] or "", found["digest"] or "")


class Registry:
    """One chart's repository in a registry, as one person sees it."""

    def __init__(
        self, *, http: Http, cache: ChartCache, reference: Reference, auth: ChartAuth, identity: str
    ) -> None:
        self._http = http
        self._cache = cache
        self._reference = reference
        self._auth = auth
        self._identity = identity
        self._header = ""
        scheme = "http" if auth.basic_http else "https"
        self._base = f"{scheme}://{_HOSTS.get(reference.host, reference.host)}/v2/{reference.name}"

    async def pull(self, version: str) -> tuple[str, str]:
        """Fetch the chart of a version or constraint; gives the archive's digest and the version.

        Raises:
            ChartUnavailable: there is no such version, no chart in it, or no way in.
        """
        if self._reference.digest:
            return await self._layer(self._reference.digest), version
        pinned = self._reference.tag.replace("_", "+")
        if pinned and version and normalized(version) != pinned:
            raise ChartUnavailable(f"chart reference and version mismatch: {version} is not {pinned}")
        found = pinned or await self._resolved(normalized(version))
        return await self._layer(found.replace("+", "_")), found

    async def _resolved(self, version: str) -> str:
        """The version of a tag. A single version is asked for as it is where the tags cannot be listed."""
        try:
            tags = await self._tags()
            found = choose_tag(tags, version)
        except BadConstraint as error:
            raise ChartUnavailable(str(error)) from None
        except ChartUnavailable:
            if is_version(version):
                return version
            raise
        if found is None and not is_version(version):
            raise ChartUnavailable(
                f'could not find tag matching constraint "{version}" in registry {OCI}'
                f"{self._reference.host}/{self._reference.name}"
            )
        return found or version

    async def _tags(self) -> list[str]:
        url, tags = f"{self._base}/tags/list", []
        for _ in range(_PAGES):
            answer = await self._get(url)
            tags += [tag for tag in _json(answer).get("tags") or [] if isinstance(tag, str)]
            link = re.match(r'<([^>]+)>\s*;\s*rel="?next"?', answer.headers.get("Link", ""))
            if link is None:
                return tags
            url = joined(url, link.group(1))
        raise ChartUnavailable(f'"{shown(url)}": the list of tags has no end')

    async def _layer(self, tag: str) -> str:
        manifest = await self._manifest(tag)
        if isinstance(index := manifest.get("manifests"), list):
            manifest = await self._chart_in(index, tag)
        if layer := _chart_layer(manifest):
            return await self._blob(layer)
        raise ChartUnavailable(f'"{self._base}/manifests/{tag}": the manifest has no layer that is a chart')

    async def _manifest(self, tag: str) -> dict[str, Any]:
        answer = await self._get(f"{self._base}/manifests/{tag}", accept=_MANIFESTS)
        if _DIGEST.fullmatch(tag) and "sha256:" + hashlib.sha256(answer.data).hexdigest() != tag:
            raise ChartUnavailable(f'"{shown(answer.url)}": its content has another digest')
        return _json(answer)

    async def _chart_in(self, index: list[Any], tag: str) -> dict[str, Any]:
        """The manifest of the chart that stands under one tag with others, as with the images that it runs.

        Helm takes any of several; here that is an error.
        """
        entries = [
            one for one in index if isinstance(one, dict) and _DIGEST.fullmatch(str(one.get("digest")))
        ]
        entries = [one for one in entries if one.get("artifactType") == _CONFIG] or entries
        if len(entries) > _INDEXED:
            raise ChartUnavailable(
                f'"{self._base}/manifests/{tag}": the index has more than {_INDEXED} entries'
            )
        manifests = [await self._manifest(one["digest"]) for one in entries]
        charts = [manifest for manifest in manifests if _chart_layer(manifest)]
        if len(charts) == 1:
            return charts[0]
        raise ChartUnavailable(
            f'"{self._base}/manifests/{tag}": the index has {len(charts)} charts, and one is needed; name it '
            f"by its digest: {OCI}{self._reference.host}/{self._reference.name}@sha256:..."
        )

    async def _blob(self, digest: str) -> str:
        if not _DIGEST.fullmatch(digest):
            raise ChartUnavailable(f"the manifest of {self._reference.name} names a layer without a SHA-256")
        url, plain = f"{self._base}/blobs/{digest}", digest.removeprefix("sha256:")
        known = self._cache.access(url, self._identity)
        if known is not None and known.digest == plain:
            return plain
        found = await self._download(url)
        if found.digest != plain:
            raise ChartUnavailable(f'"{shown(url)}": its content has another digest')
        self._cache.remember(url, self._identity, Access(plain))
        return plain

    async def _get(self, url: str, *, accept: str = "*/*") -> Answered:
        return await self._asked(
            lambda: self._http.ask(url, self._auth, self._sign, limit=_MANIFEST_BYTES, accept=accept)
        )

    async def _download(self, url: str) -> Access:
        return await self._asked(lambda: self._http.download(url, self._auth, self._sign, limit=PACKED_BYTES))

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask, and if the registry wants to be signed in to, do it its way and ask once more."""
        try:
            return await ask()
        except ChartRefused as refusal:
            if refusal.status != 401 or not (header := await self._signed_in(refusal)):
                raise
            self._header = header
        return await ask()

    def _sign(self, url: str) -> str:
        return self._header if origin(url) == origin(self._base) else ""

    async def _signed_in(self, refusal: ChartRefused) -> str:
        kind, _, rest = refusal.challenge.partition(" ")
        if kind.lower() == "basic":
            basic = _basic(self._auth)
            return basic if basic != self._header else ""
        given = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        if kind.lower() != "bearer" or self._header or not (realm := given.get("realm")):
            return ""
        if parts_of(realm).scheme != "https" and parts_of(self._base).scheme == "https":
            raise ChartUnavailable(f'"{shown(realm)}": a token is fetched over https only')
        scope = given.get("scope") or f"repository:{self._reference.name}:pull"
        query = urlencode({"service": given.get("service", ""), "scope": scope})
        own = origin(realm)

        def sign(url: str) -> str:
            return _basic(self._auth) if origin(url) == own else ""

        asked = f"{realm}{'&' if '?' in realm else '?'}{query}"
        found = _json(await self._http.ask(asked, self._auth, sign, limit=_TOKEN_BYTES))
        token = found.get("token") or found.get("access_token")
        return f"Bearer {token}" if isinstance(token, str) and token.isascii() and token.isprintable() else ""


def _chart_layer(manifest: dict[str, Any]) -> str:
    """The digest of the layer that is a chart; empty where there is none."""
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and layer.get("mediaType") in _LAYERS:
            return str(layer.get("digest"))
    return ""


def _json(answer: Answered) -> dict[str, Any]:
    try:
        found = orjson.loads(answer.data)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ChartUnavailable(f'"{shown(answer.url)}": the answer is no JSON object')
    return found


def _basic(auth: ChartAuth) -> str:
    if not (auth.username and auth.password):
        return ""
    return "Basic " + base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
