"""Flags in front of a command's name, which Fleet's command takes for the command's own.

`fleet -n shop apply web` is `fleet apply -n shop web`. As there, a flag that is not known in front is taken
to have a value: the next word, unless the flag has an `=` or is several letters behind one dash, or the word
is the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def command_first(arguments: Sequence[str], own: Mapping[str, bool]) -> list[str]:
    """The arguments with foreign flags behind the command's name; as they are where none is named.

    `own` has the flags that may stand in front, and whether each takes a value.
    """
    ours: list[str] = []
    foreign: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-") and rest[0] != "--":
        word = rest.pop(0)
        name = word.partition("=")[0]
        into = ours if name in own else foreign
        into.append(word)
        if _stands_alone(word) or not own.get(name, True):
            continue
        if name not in own and len(rest) < 2:
            return list(arguments)
        into += rest[:1]
        del rest[:1]
    if not rest or rest[0] == "--":
        return list(arguments)
    return [*ours, rest[0], *foreign, *rest[1:]]


def _stands_alone(word: str) -> bool:
    """Whether a flag has its value in itself, or cannot have one."""
    return "=" in word or word == "-" or (len(word) > 2 and not word.startswith("--"))
