"""Text from repositories and clusters, safe for a terminal (as kubectl since CVE-2021-25743)."""

_CONTROLS = (*range(0x20), *range(0x7F, 0xA0))
_LINE = {code: f"\\x{code:02x}" for code in _CONTROLS} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
}
_LINES = {code: shown for code, shown in _LINE.items() if code != ord("\n")}


def printable_line(text: str) -> str:
    """The text as one line: what would move the cursor or start a sequence is written out."""
    return text.translate(_LINE)


def printable_lines(text: str) -> str:
    """The same, but line ends stay."""
    return text.translate(_LINES)
