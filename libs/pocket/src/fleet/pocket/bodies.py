"""Request bodies of every media type that clients send."""

from typing import Any

import orjson
import yaml

from .errors import bad_request, unsupported_media_type
from .protobuf import decode

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

MAGIC = b"k8s\x00"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_object(body: bytes, content_type: str) -> Any:
    """The object in a body; raises 400 when it cannot be read and 415 for a type nobody reads."""
    if content_type not in (JSON, YAML, PROTOBUF, "", "application/octet-stream"):
        raise unsupported_media_type(content_type, [JSON, YAML, PROTOBUF])
    if body.startswith(MAGIC):
        return decode(body[len(MAGIC) :])
    return read_yaml(body) if content_type == YAML else read_json(body)


def read_json(body: bytes) -> Any:
    """A JSON value; raises 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"the body is no JSON: {error}") from error


def read_yaml(body: bytes) -> Any:
    """A YAML or JSON value; raises 400."""
    if body.lstrip()[:1] == b"{":
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            pass  # flow style YAML begins like this, too
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - a safe loader, libyaml's where there is one
    except yaml.YAMLError as error:
        raise bad_request(f"the body is no YAML: {error}") from error
