"""What every field of a declared object is made of: the strict base model and the scalar types.

The rules are those that the API server enforces for Fleet's custom resource definitions.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from fleet.cli.objects.names import label_key, label_value
from fleet.events.durations import InvalidDuration, parse_duration

_RELEASE = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"


class SpecModel(BaseModel):
    """A struct of the schema: camelCase names, no unknown fields, no conversion of types.

    A field that is `null` counts as absent, as it does for the API server.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", strict=True, frozen=True, validate_by_name=False
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value


def _duration(value: str) -> str:
    try:
        parse_duration(value)
    except InvalidDuration as error:
        raise ValueError(str(error)) from error
    return value


def _int_or_string(value: Any) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number or a string such as 25%")
    return value


def _base64(value: str) -> str:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64") from error
    return value


def _regular(value: Any) -> Any:
    """A number that YAML wrote with a point but that is whole (`1.0`) is an integer in JSON's eyes."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Integer = Annotated[int, BeforeValidator(_regular)]
IntOrString = Annotated[int | str, PlainValidator(_int_or_string)]
Duration = Annotated[str, Field(min_length=1, max_length=32), AfterValidator(_duration)]
ReleaseName = Annotated[str, Field(max_length=53, pattern=_RELEASE)]
Bytes = Annotated[str, AfterValidator(_base64)]
LabelKey = Annotated[str, AfterValidator(label_key)]
LabelValue = Annotated[str, AfterValidator(label_value)]
Labels = dict[LabelKey, LabelValue]
Annotations = dict[LabelKey, str]
Strings = list[str]
