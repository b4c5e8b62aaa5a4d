"""Headers put together for bulk publishing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.bus import header_block

_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)
_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)


@given(st.dictionaries(_NAMES, _VALUES, max_size=5))
def test_a_block_has_one_line_per_header(headers: dict[str, str]) -> None:
    lines = header_block(headers).decode().split("\r\n")
    assert lines == [*(f"{key}: {value}" for key, value in headers.items()), ""]


@pytest.mark.parametrize("headers", [{"a": "b\r\nFleet-Mac: 0"}, {"a\n": "b"}, {"a": "b\rc"}])
def test_a_line_break_cannot_smuggle_a_header_in(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line break"):
        header_block(headers)


def test_blocks_can_be_joined() -> None:
    assert header_block({"a": "1"}) + header_block({"b": "2"}) == header_block({"a": "1", "b": "2"})
