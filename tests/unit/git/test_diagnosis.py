"""What git's words mean."""

import pytest

from fleet.git import (
    AccessDenied,
    CommitMissing,
    GitError,
    GitFailed,
    HostUnreachable,
    HostUntrusted,
    RepositoryGone,
)
from fleet.git.diagnosis import diagnose

SSH_TAIL = """fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""


@pytest.mark.parametrize(
    ("stderr", "error"),
    [
        ("fatal: '/x.git' does not appear to be a git repository\n" + SSH_TAIL, RepositoryGone),
        ("fatal: repository 'http://h/x.git/' not found\n", RepositoryGone),
        ("ERROR: Repository not found.\n" + SSH_TAIL, RepositoryGone),
        (
            "remote: The project you were looking for could not be found ",
            RepositoryGone,
        ),
        ("fatal: Authentication failed for 'http://h/x.git/'\n", AccessDenied),
        ("fatal: could not read Username for 'http://h': terminal prompts disabled\n", AccessDenied),
        ("fatal: unable to access 'http://h/x/': The requested URL returned error: 403\n", AccessDenied),
        ("git@h: Permission denied (publickey).\n" + SSH_TAIL, AccessDenied),
        ("Host key verification failed.\n" + SSH_TAIL, HostUntrusted),
        (
            "fatal: unable to access 'https://h/': server certificate verification failed",
            HostUntrusted,
        ),
        (
            "fatal: unable to access 'https://h/': SSL certificate problem: self-signed",
            HostUntrusted,
        ),
        ("fatal: unable to access 'http://h/': Could not resolve host: h\n", HostUnreachable),
        ("ssh: Could not resolve hostname h: Name or service not known\n" + SSH_TAIL, HostUnreachable),
        ("ssh: connect to host h port 22: Connection refused\n" + SSH_TAIL, HostUnreachable),
        ("fatal: unable to access 'http://h/': The requested URL returned error: 503\n", HostUnreachable),
        ("error: RPC failed; curl 18 transfer closed\nfatal: early EOF\n", HostUnreachable),
        ("fatal: remote error: upload-pack: not our ref c0ffee\n", CommitMissing),
        ("fatal: something new\n", GitFailed),
        (SSH_TAIL, GitFailed),
        ("", GitFailed),
    ],
)
def test_a_complaint_has_one_meaning(stderr: str, error: type[GitError]) -> None:
    assert diagnose(stderr)[0] is error


def test_the_reason_is_the_line_that_tells() -> None:
    assert (
        diagnose("git@h: Permission denied (publickey).\n" + SSH_TAIL)[1]
        == "git@h: Permission denied (publickey)."
    )
    assert diagnose("fatal: something new\n")[1] == "something new"
    assert diagnose(SSH_TAIL)[1]


def test_no_secret_stands_in_a_reason() -> None:
    _, reason = diagnose(
        "fatal: the server says hunter2 is wrong for http://me:hunter3@h/x\n", secrets=["hunter2", ""]
    )
    assert "hunter" not in reason


def test_a_time_that_differs_each_time_is_left_out() -> None:
    first, second = (
        diagnose(f"fatal: Failed to connect to h port 1 after {n} ms: Couldn't connect")[1] for n in (0, 17)
    )
    assert first == second


def test_an_error_says_where_why_and_what_to_do() -> None:
    error = RepositoryGone(repo="https://h/x", branch="main", reason="it has moved.")
    assert str(error) == (
        "https://h/x (main): repository not found: it has moved."
        " Check spec.repo; a private repository needs spec.clientSecretName."
    )
