"""Every log line is one JSON object with the same keys, also those of libraries."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from fleet.runtime.logs import configure_logs


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_a_line_has_the_common_keys_and_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", "info")
    with structlog.contextvars.bound_contextvars(cluster="paris"):
        structlog.get_logger("fleet.gateway").info("content served", workspace="fleet-default")
    line = json.loads(capsys.readouterr().err)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "service": "gateway",
        "event": "content served",
        "workspace": "fleet-default",
        "cluster": "paris",
    }


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", "warning")
    structlog.get_logger().info("quiet")
    assert capsys.readouterr().err == ""


def test_a_traceback_stands_in_error_and_shows_no_local_values(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", "info")
    password = "hunter2"  # a local that must not show
    try:
        raise RuntimeError("no luck")
    except RuntimeError:
        structlog.get_logger().exception("handler failed")
    text = capsys.readouterr().err
    line = json.loads(text)
    assert "RuntimeError: no luck" in line["error"]
    assert password not in text
    assert "exception" not in line


def test_warnings_of_libraries_come_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("gateway", "info")
    logging.getLogger("somebody.else").warning("watch %s", "out")
    logging.getLogger("somebody.else").info("chatter")
    (text,) = capsys.readouterr().err.splitlines()
    line = json.loads(text)
    assert (line["event"], line["level"], line["service"]) == ("watch out", "warning", "gateway")
