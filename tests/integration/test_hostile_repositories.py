"""Commits made to break the reader, at their full size: a clear error, within memory, bytes and time.

Each is fetched and read by programs of their own, as the bundler does it; peaks are those of all of them.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.git.cache import FETCH_BYTES
from support import reading_commit
from support.bombs import (
    DEEP,
    GIB,
    LAUGHS,
    add_blob,
    add_folder,
    add_noise,
    add_zeros,
    commit_folder,
    size_of,
)
from support.footprint import MIB, Footprint, footprint
from support.gitserver import Repository

SECONDS = 60.0
"""For one reading, far more than any of these takes."""

Make = Callable[[Repository], str]


def read(folder: Path, make: Make, *, seconds: float = SECONDS) -> Footprint:
    """Make a repository and read its commit, which must not leave more on disk than the repository has."""
    repository = Repository(folder / "repository.git")
    commit = make(repository)
    program = [sys.executable, "-P", reading_commit.__file__]
    found = footprint([*program, repository.url, commit, folder / "cache", str(seconds)], within=2 * SECONDS)
    assert found.written < 2 * size_of(repository.folder) + MIB
    return found


def zeros(repository: Repository) -> str:
    files = {"a.yaml": add_blob(repository, b"a: 1\n"), "big.yaml": add_zeros(repository, GIB)}
    return commit_folder(repository, add_folder(repository, files))


def ten_billion_paths(repository: Repository) -> str:
    folder = add_folder(repository, {"a.yaml": add_blob(repository, b"")})
    for _ in range(10):
        folder = add_folder(repository, {str(n): folder for n in range(10)}, mode="40000")
    return commit_folder(repository, folder)


def a_million_files(repository: Repository) -> str:
    empty = add_blob(repository, b"")
    return commit_folder(
        repository, add_folder(repository, {f"{n:06}.yaml": empty for n in range(1_000_000)})
    )


def one_file_under_100_000_names(repository: Repository) -> str:
    blob = add_blob(repository, b"a: 1\n" * 200_000)
    return commit_folder(repository, add_folder(repository, {f"{n:05}.yaml": blob for n in range(100_000)}))


def chains_of_links(repository: Repository) -> str:
    text = "a/../" * 800 + "b"
    links = {f"{n:05}.yaml": add_blob(repository, f"{text}{n % 30}".encode()) for n in range(10)}
    links = {f"{n:05}.yaml": links[f"{n % 10:05}.yaml"] for n in range(10_000)}
    return commit_folder(repository, add_folder(repository, links, mode="120000"))


def bundles_in_bundles(repository: Repository, levels: int = 200) -> str:
    folders = ["d/" * (n + 1) for n in range(levels)]
    files: dict[str, str | bytes] = {f"{folder}fleet.yaml": "" for folder in folders}
    return repository.commit(files | {f"{folders[-1]}a.yaml": b"a: 1\n" * 800_000})


def as_many_as_fit(repository: Repository) -> str:
    return bundles_in_bundles(repository, 33)


def file(path: str, content: str | bytes) -> Make:
    return lambda repository: repository.commit({"x/b.yaml": "", path: content})


def binary(repository: Repository) -> str:
    return file("x/a.bin", b"\xff" * 40 * MIB)(repository)


def wide_text(repository: Repository) -> str:
    return file("x/a.yaml", "\U0001f600" + "\x01" * 60 * MIB)(repository)


def escaped_text(repository: Repository) -> str:
    return file("x/a.yaml", "\U0001f600" + "\x01" * 16 * MIB)(repository)


def noise(repository: Repository) -> str:
    files = {"a.yaml": add_blob(repository, b"a: 1\n"), **add_noise(repository, FETCH_BYTES + 64 * MIB)}
    return commit_folder(repository, add_folder(repository, files))


VALUES = "helm: {chart: c, valuesFiles: [v.yaml]}\n"
DEEP_LIST = b"helm: {values: {a: " + b"[" * 90 + b"x," * 950_000 + b"x" + b"]" * 90 + b"}}"
REPEATED = b"helm:\n  values:\n    a: &a '" + b"x" * MIB + b"'\n    b: [" + b"*a," * 100_000 + b"]\n"


@pytest.mark.parametrize(
    ("make", "memory", "words"),
    [
        (zeros, 200, "BadInput: big.yaml: all files that are to be read may have 67108864 bytes together"),
        (ten_billion_paths, 300, "has too many files"),
        (a_million_files, 350, "has too many files"),
        (one_file_under_100_000_names, 300, "BadInput: 99999.yaml: all files that are to be read"),
        (chains_of_links, 250, "BadInput: 00000.yaml: the link leads to nothing, or out of the repository"),
        (
            bundles_in_bundles,
            250,
            f"BadInput: {'d/' * 33}d: with this bundle the files of all have more than 134217728 bytes",
        ),
        (as_many_as_fit, 450, ""),
        (file("x/fleet.yaml", LAUGHS), 200, "BadInput: x/fleet.yaml:7: more than 1000000 values"),
        (file("x/fleet.yaml", DEEP), 200, "BadInput: x/fleet.yaml:1: more than 100 levels deep"),
        (file("x/fleet.yaml", DEEP_LIST), 500, ""),
        (file("x/fleet.yaml", REPEATED), 200, "BadInput: x/fleet.yaml:4: more than 1000000 values"),
        (file("x/Chart.yaml", LAUGHS), 200, "BadInput: x/Chart.yaml:7: more than 1000000 values"),
        (binary, 250, "BadInput: x/a.bin: with it the files of the bundle have more than 33554432 bytes"),
        (wide_text, 350, "BadInput: x/a.yaml: with it the files of the bundle have more than 33554432 bytes"),
        (escaped_text, 350, "BadInput: .: the files of the bundle have 100663316 bytes as they are stored"),
        (file("x/.fleetignore", b"[" * 60_000), 300, "BadInput: x/.fleetignore:1: syntax error in pattern"),
    ],
    ids=lambda value: getattr(value, "__name__", "") if callable(value) else "",
)
def test_a_hostile_commit_is_a_clear_error_within_its_budget(
    tmp_path: Path, make: Make, memory: int, words: str
) -> None:
    found = read(tmp_path, make)

    assert words in found.stderr
    assert found.code == (1 if words else 0), found.stderr
    assert found.memory < memory * MIB, f"{found.memory // MIB} MiB"


def test_patterns_that_take_too_long_are_stopped_at_the_deadline(tmp_path: Path) -> None:
    def patterns(repository: Repository) -> str:
        files = {f"x/{'a' * 200}{n}.yaml": "" for n in range(10_000)}
        stars = "".join(f"{'*a' * 100}{n}b\n" for n in range(10_000))
        return repository.commit({**files, "x/fleet.yaml": "", "x/.fleetignore": stars})

    found = read(tmp_path, patterns, seconds=3.0)

    assert "ReadingTooSlow: reading took longer than 3 s and was stopped at the folder x" in found.stderr
    assert found.memory < 250 * MIB


def test_a_commit_of_too_many_bytes_is_not_fetched_to_its_end_and_leaves_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, noise)

    assert found.code == 1
    assert "TooLarge: file://" in found.stderr, found.stderr
    assert "repository.git: too large: the commit has more than 512 MiB as git packs it" in found.stderr
    assert "Split the repository, or keep large files out of it" in found.stderr
    assert found.memory < 200 * MIB, f"{found.memory // MIB} MiB"
    assert found.written < FETCH_BYTES + MIB
    assert size_of(tmp_path / "cache") < MIB
