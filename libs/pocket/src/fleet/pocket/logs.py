"""Log lines as the services of a hub write them: one JSON object per line on stderr, with their keys.

Written here: the library that the services use for it stands above this one.
"""

import logging
from datetime import UTC, datetime

import orjson

_SERVICE = "pocket"
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """`time`, `level`, `service`, `event`, `error` where there is one, and what was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without its end."""
        line = {key: value for key, value in vars(record).items() if key not in _OWN}
        line |= {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "service": _SERVICE,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure_logs() -> None:
    """Send this process's log lines, and its libraries' warnings, to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.getLogger("fleet.pocket").setLevel(logging.INFO)
