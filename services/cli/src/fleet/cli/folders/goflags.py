"""Flags as Fleet's command takes them: Go's words for true and false, Go's numbers, lists with commas."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from fleet.cli.folders.gorecord import BadRecord, split_record

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


class _Failed(click.UsageError):
    exit_code = 1


class GoCommand(click.Command):
    """A command that takes its arguments apart as Go's flags do; its usage errors end with exit code 1."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse the arguments; see `click.Command.make_context`."""
        try:
            helped = click.Context(self, parent, info_name)
            known = [one for one in self.get_params(helped) if isinstance(one, click.Option)]
            return super().make_context(info_name, _canonical(args, known), parent, **extra)
        except click.UsageError as error:
            raise _Failed(error.format_message(), error.ctx) from error


def _canonical(args: Iterable[str], known: Iterable[click.Option]) -> list[str]:
    """The flags as `--name=value`, then `--` and the words; a flag that is false at the end is left out."""
    flags = {name: option for option in known for name in option.opts}
    left, words = deque(args), list[str]()
    given: list[str] = []
    switches: dict[str, bool] = {}
    while left:
        arg = left.popleft()
        if arg == "--":
            words += left
            break
        if not arg.startswith("-") or arg == "-":
            words.append(arg)
            continue
        for name, value in (_long if arg.startswith("--") else _short)(arg, flags, left):
            if flags[name].is_flag:
                switches[_spelled(flags[name])] = _truth(name, value)
            else:
                given.append(f"{_spelled(flags[name])}={value}")
    return [*given, *(name for name, is_on in switches.items() if is_on), "--", *words]


def _spelled(option: click.Option) -> str:
    return next(name for name in option.opts if name.startswith("--"))


def _long(arg: str, flags: Mapping[str, click.Option], left: deque[str]) -> Iterator[tuple[str, str]]:
    """`--flag`, `--flag=value` or `--flag value`."""
    name, equals, value = arg.partition("=")
    if name not in flags:
        raise click.NoSuchOption(name)
    yield name, value if equals else _following(name, flags, left)


def _short(arg: str, flags: Mapping[str, click.Option], left: deque[str]) -> Iterator[tuple[str, str]]:
    """`-c`, `-ovalue`, `-o=value`, `-o value`, or several, as `-co=value`; the value of `-o=` is `=`."""
    letters = arg[1:]
    while letters:
        name, letters = f"-{letters[0]}", letters[1:]
        if name not in flags:
            raise click.NoSuchOption(name)
        if letters.startswith("=") and len(letters) > 1:
            yield name, letters[1:]
            return
        if letters and not flags[name].is_flag:
            yield name, letters
            return
        yield name, _following(name, flags, left)


def _following(name: str, flags: Mapping[str, click.Option], left: deque[str]) -> str:
    """The value of a flag that has none with it: the next word, whatever it looks like."""
    if flags[name].is_flag:
        return "true"
    if not left:
        raise click.BadOptionUsage(name, f"flag needs an argument: {name}")
    return left.popleft()


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
