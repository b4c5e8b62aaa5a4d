"""Flags as Fleet's command takes them: Go's words for true and false, Go's numbers, lists with commas."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

import click

from fleet.cli.folders.gorecord import BadRecord, split_record

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class _Failed(click.UsageError):
    exit_code = 1


class GoCommand(click.Command):
    """A command whose flags may be written `--paused=false`, and whose usage errors end with exit code 1."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the arguments; see `click.Command.make_context`."""
        try:
            return super().make_context(info_name, self._plain(args), parent, **extra)
        except click.UsageError as error:
            raise _Failed(error.format_message(), error.ctx) from error

    def _plain(self, args: Sequence[str]) -> list[str]:
        """The arguments with `--flag=true` as `--flag`, without what a `--flag=false` takes back, and with
        `-o=x` as `-ox`.
        """
        flags = {
            name: option.opts
            for option in self.params
            if isinstance(option, click.Option) and option.is_flag
            for name in option.opts
        }
        found: list[str] = []
        for n, arg in enumerate(args):
            if arg == "--":
                return [*found, *args[n:]]
            name, equals, value = arg.partition("=")
            if not equals or name not in flags:
                found.append(_attached(arg, flags))
            elif _truth(name, value):
                found.append(name)
            else:
                found = [one for one in found if one not in flags[name]]
        return found


def _attached(arg: str, flags: Container[str]) -> str:
    """A short option with its value behind it: Go takes `-co=x` for `-cox`, but the value of `-o=` is `=`."""
    letters, equals, value = arg.partition("=")
    short = equals and value and len(letters) > 1 and arg[0] == "-" != arg[1]
    return letters + value if short and all(f"-{one}" in flags for one in letters[1:-1]) else arg


def _truth(name: str, value: str) -> bool:
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise click.UsageError(f'invalid argument "{value}" for "{name}": write true or false')


class GoInt(click.ParamType[int]):
    """A whole number of 64 bits as Go writes it: `12`, `0x1f`, `0b11`, `017`, `1_000`."""

    name = "int"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; an error of usage where it is none."""
        if isinstance(value, int):
            return value
        try:
            number = _number(str(value))
        except ValueError:
            self.fail(f'invalid argument "{value}": not a whole number', param, ctx)
        if not -(1 << 63) <= number < 1 << 63:
            self.fail(f'invalid argument "{value}": value out of range', param, ctx)
        return number


def _number(text: str) -> int:
    """Python has no octal numbers with a bare zero in front; it strips space and takes other digits too."""
    if text != text.strip() or not text.isascii():
        raise ValueError(text)
    digits = text.lstrip("+-")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1] in "01234567_"
    return int(text, 8) if octal else int(text, 0)


class GoList(click.ParamType[list[str]]):
    """Texts between commas, as Go's flags of lists take them."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """The texts; an error of usage where the quotes do not fit."""
        if isinstance(value, list):
            return value
        try:
            return split_record(value) if value else []
        except BadRecord as error:
            self.fail(f"invalid argument {value!r}: {error}", param, ctx)


def pairs(given: Iterable[Sequence[str]]) -> dict[str, str]:
    """What `-l a=b,c=d -l e=f` says; a key alone has no value, and the later of two counts.

    A single empty text says nothing: Go writes the list down and reads it again before it takes it apart.
    """
    parts = [part for one in given for part in one]
    found: dict[str, str] = {}
    for part in parts if parts != [""] else []:
        key, _, value = part.partition("=")
        found[key] = value
    return found
