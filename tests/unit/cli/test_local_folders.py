"""A local folder as a tree: what is in it, and never what is not."""

import os

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.bundler.domain.tree import Mode
from fleet.cli.folders import listing
from fleet.cli.folders.listing import LocalFolder


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "outside" / "secret"
    path.parent.mkdir()
    path.write_text("secret")
    return path


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "root"
    (path / "below").mkdir(parents=True)
    (path / "below" / "a.yaml").write_text("a")
    return path


def test_links_are_listed_as_links_and_not_followed(root, secret):
    (root / "file").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("x")
    with LocalFolder(root) as folder:
        assert folder.modes() == {"below/a.yaml": Mode.FILE, "file": Mode.LINK, "folder": Mode.LINK}
        assert folder.read(["below/a.yaml", "file"]) == {
            "below/a.yaml": b"a",
            "file": os.fsencode(secret),
        }


def test_empty_folders_are_listed_as_a_disk_has_them(root):
    (root / "below" / "deeper").mkdir()
    (root / "module" / ".git").mkdir(parents=True)
    with LocalFolder(root) as folder:
        assert folder.modes() == {
            "below/a.yaml": Mode.FILE,
            "below/deeper": Mode.EMPTY,
            "module": Mode.EMPTY,
        }


@pytest.mark.parametrize("path", ["below/a.yaml", "below/deeper/a.yaml"])
def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(root, secret, path):
    (root / "below" / "deeper").mkdir()
    with LocalFolder(root) as folder:
        folder.modes()
        (root / "below").rename(root / "was")
        (root / "below").symlink_to(secret.parent)
        (secret.parent / "a.yaml").write_text("secret")
        (secret.parent / "deeper").mkdir()
        (secret.parent / "deeper" / "a.yaml").write_text("secret")
        with pytest.raises(BadInput, match=rf"^{path}: cannot be read"):
            folder.read([path])


def test_a_file_that_becomes_a_link_meanwhile_gives_the_link_and_not_the_file(root, secret):
    with LocalFolder(root) as folder:
        folder.modes()
        (root / "below" / "a.yaml").unlink()
        (root / "below" / "a.yaml").symlink_to(secret)
        assert folder.read(["below/a.yaml"]) == {"below/a.yaml": os.fsencode(secret)}


def test_a_pipe_is_refused_and_waits_for_nobody(root):
    os.mkfifo(root / "pipe.yaml")
    with LocalFolder(root) as folder:
        assert folder.modes()["pipe.yaml"] is Mode.FILE
        with pytest.raises(BadInput, match=r"^pipe\.yaml: is neither a file nor a folder nor a link$"):
            folder.read(["pipe.yaml"])


def test_more_files_than_may_be_listed_are_refused(root, monkeypatch):
    monkeypatch.setattr(listing, "ENTRIES", 3)
    for name in "bcd":
        (root / name).touch()
    with (
        LocalFolder(root) as folder,
        pytest.raises(BadInput, match="has more than 3 files; go to the folder"),
    ):
        folder.modes()


def test_more_bytes_than_may_be_read_are_refused(root, monkeypatch):
    monkeypatch.setattr(listing, "READ_BYTES", 1 << 20)
    (root / "big").write_bytes(bytes((1 << 20) + 1))
    with LocalFolder(root) as folder, pytest.raises(BadInput, match=r"^big: with it more than 1 MiB"):
        folder.read(["big"])


def test_a_name_that_is_no_utf8_is_listed(root):
    (root / os.fsdecode(b"\xff.yaml")).touch()
    with LocalFolder(root) as folder:
        assert os.fsdecode(b"\xff.yaml") in folder.modes()


def test_a_folder_that_is_not_there_is_said(root):
    with (
        pytest.raises(BadInput, match="nowhere: cannot be read: No such file"),
        LocalFolder(root / "nowhere"),
    ):
        pass
