"""A real OCI registry: Debian's `docker-registry`, started on a free port, with TLS and passwords."""

import asyncio
import base64
import hashlib
import json
import re
import shutil
import ssl
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.certificates import Certificate
from support.chart_repository import PAIR
from support.waiting import eventually

_HTPASSWD = f"{PAIR[0]}:$2b$04$RcCRxyxK5lRkgzTOWg8Jdu1RMS/OIjFzFHo0Mc04J5Vp1NqOvS3Ja\n"
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that runs; `host` has the port."""

    host: str
    certificate: Certificate | None
    locked: bool

    def push(self, repository: str, tag: str, archive: bytes, *, kind: str = CHART) -> str:
        """Put a chart, as `helm push` does, or something else than a chart; gives the manifest's digest."""
        config, layer = (self._blob(repository, data) for data in (b"{}", archive))
        manifest = {
            "schemaVersion": 2,
            "config": {"mediaType": _CONFIG, "digest": config, "size": 2},
            "layers": [{"mediaType": kind, "digest": layer, "size": len(archive)}],
        }
        return self._tag(repository, tag, manifest, _MANIFEST)

    def push_index(self, repository: str, tag: str, digests: Sequence[str], *, artifact: str = "") -> None:
        """Put manifests that are there together under one tag; the last one as this type of artifact."""
        entries = [{"mediaType": _MANIFEST, "digest": digest, "size": 1} for digest in digests]
        if artifact:
            entries[-1]["artifactType"] = artifact
        self._tag(repository, tag, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": entries}, _INDEX)

    def _tag(self, repository: str, tag: str, manifest: Mapping[str, Any], kind: str) -> str:
        body = json.dumps(manifest).encode()
        self.ask("PUT", f"/v2/{repository}/manifests/{tag}", body, kind)
        return f"sha256:{hashlib.sha256(body).hexdigest()}"

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> str:
        """Send a request; gives the Location of the answer."""
        scheme = "https" if self.certificate else "http"
        url = path if "://" in path else f"{scheme}://{self.host}{path}"
        request = urllib.request.Request(url, data=body, method=method)
        if self.locked:
            request.add_header("Authorization", "Basic " + base64.b64encode(":".join(PAIR).encode()).decode())
        if body is not None:
            request.add_header("Content-Type", kind or "application/octet-stream")
        context = (
            ssl.create_default_context(cadata=self.certificate.pem.decode()) if self.certificate else None
        )
        with urllib.request.urlopen(request, timeout=20, context=context) as answer:
            return str(answer.headers.get("Location", ""))

    def _blob(self, repository: str, data: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        place = self.ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
        self.ask("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data)
        return digest


@asynccontextmanager
async def running_registry(
    folder: Path, certificate: Certificate | None = None, *, locked: bool = True, token: str = ""
) -> AsyncIterator[Registry]:
    """Run a registry until the block ends.

    With a certificate it speaks TLS only; `locked` asks for a name and password, `token` (YAML) for tokens.
    """
    program = shutil.which("docker-registry")
    assert program, "docker-registry is missing: apt-get install docker-registry (.ci/run does it)"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htpasswd").write_text(_HTPASSWD)
    (folder / "config.yml").write_text(_config(folder, certificate, locked=locked, token=token))
    process = await asyncio.create_subprocess_exec(
        program,
        "serve",
        str(folder / "config.yml"),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert process.stderr is not None
    said: list[str] = []

    async def listen() -> None:
        async for line in process.stderr or ():
            said.append(line.decode(errors="replace"))

    listening = asyncio.create_task(listen())
    try:
        await eventually(lambda: _port(said))
        yield Registry(f"127.0.0.1:{_port(said)}", certificate, locked)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


def _config(folder: Path, certificate: Certificate | None, *, locked: bool, token: str) -> str:
    tls = f"  tls: {{certificate: {certificate.path}, key: {certificate.key}}}\n" if certificate else ""
    auth = f"auth:\n  htpasswd: {{realm: charts, path: {folder / 'htpasswd'}}}\n" if locked else ""
    return (
        "version: 0.1\nlog: {level: info}\n"
        f"storage:\n  filesystem: {{rootdirectory: {folder / 'data'}}}\n"
        f"http:\n  addr: 127.0.0.1:0\n{tls}{f'auth: {token}' if token else auth}"
    )


def _port(said: list[str]) -> int | None:
    for line in said:
        if "listening on 127.0.0.1:" in line:
            return int(re.split(r"\D", line.split("listening on 127.0.0.1:")[1])[0])
    return None
