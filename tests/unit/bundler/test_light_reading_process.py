"""What a reading process loads before it can begin, and a printed folder before it is read."""

import subprocess
import sys

import pytest

LOADED = """
import sys
import {module}
print(sorted({{"aiohttp", "asyncio", "nats", "pydantic", "structlog"}} & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("module", "loaded"),
    [("fleet.bundler.reader", []), ("fleet.cli.folders.reading", ["asyncio"]), ("fleet.names", [])],
)
def test_nothing_is_loaded_that_reading_does_not_need(module, loaded):
    code = LOADED.format(module=module)
    out = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == str(loaded)
