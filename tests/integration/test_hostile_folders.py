"""Folders made to break `fleet apply NAME PATH -o -`: an error with the path, within memory and bytes."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.bombs import DEEP, LAUGHS
from support.folders import write
from support.footprint import MIB, Footprint, footprint

FLEET = Path(sys.executable).with_name("fleet")
TIB = 1 << 40

Make = Callable[[Path], object]


def apply(folder: Path) -> Footprint:
    """Print the bundles of the folder `x` in this one."""
    return footprint([FLEET, "apply", "-o", "-", "repo", "x"], within=100, cwd=folder)


def files(**content: str | bytes) -> Make:
    """Files of the folder `x`, whose names are given with `_` for each dot."""
    return lambda folder: write(
        folder, {f"x/{name.replace('_', '.')}": text for name, text in content.items()}
    )


def sparse(folder: Path) -> None:
    with (folder / "x" / "big.yaml").open("wb") as file:
        file.truncate(TIB)


def many_levels(folder: Path) -> None:
    (folder / "x" / "/".join(["d"] * 300)).mkdir(parents=True)
    (folder / "x" / "/".join(["d"] * 300) / "a.yaml").write_text("")


def unix_socket(folder: Path) -> None:
    before = Path.cwd()
    os.chdir(folder)  # its path may have 100 characters only
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("x/s.yaml")
    finally:
        os.chdir(before)


def link(target: str) -> Make:
    """A link in the folder `x`."""
    return lambda folder: (folder / "x" / "l.yaml").symlink_to(target)


def binary(folder: Path) -> None:
    files(b_bin=b"\xff" * 40 * MIB)(folder)


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "x" / "p.yaml")


@pytest.mark.parametrize(
    ("make", "memory", "words"),
    [
        (sparse, 250, "x/big.yaml: with it more than 64 MiB would be read"),
        (many_levels, 250, "is more than 255 folders deep"),
        (
            pipe,
            250,
            "x/p.yaml: is neither a file nor a folder nor a link",
        ),
        (unix_socket, 250, "x/s.yaml: "),
        (
            link("/dev/zero"),
            250,
            "x/l.yaml: the link leads to nothing",
        ),
        (
            link("../secret.yaml"),
            250,
            "x/l.yaml: the link leads out of",
        ),
        (
            link("l.yaml"),
            250,
            "x/l.yaml: the link leads to nothing",
        ),
        (files(fleet_yaml=LAUGHS), 250, "x/fleet.yaml:7: more than 1000000 values"),
        (files(fleet_yaml=DEEP), 250, "x/fleet.yaml:1: more than 100 levels deep"),
        (files(Chart_yaml=LAUGHS), 250, "x/Chart.yaml:7: more than 1000000 values"),
        (binary, 250, "x/b.bin: with it the files of the bundle have more than 33554432 bytes"),
    ],
    ids=range(11),
)
def test_a_hostile_folder_is_an_error_with_its_path(
    tmp_path: Path, make: Make, memory: int, words: str
) -> None:
    write(tmp_path, {"secret.yaml": "password: secret\n", "x/a.yaml": "a: 1\n"})
    make(tmp_path)

    found = apply(tmp_path)

    assert words in found.stderr, found.stderr
    assert found.code == 1
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    assert "secret" not in found.stderr.replace("secret.yaml", "")
    assert found.memory < memory * MIB, f"{found.memory // MIB} MiB"
    assert found.written < MIB
