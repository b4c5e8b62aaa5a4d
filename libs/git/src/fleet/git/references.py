"""Which commit a branch or a tag stands at, asked of the repository itself."""

import re

from fleet.git.diagnosis import diagnose
from fleet.git.environment import remote_environment
from fleet.git.errors import BadReference, BranchMissing, GitError, GitFailed, HostUnreachable, TooLarge
from fleet.git.process import Finished, OutputTooLarge, run_git
from fleet.git.remote import Remote

RESOLVE_SECONDS = 30.0
"""How long a host may take to name a commit (gitClientTimeout, fleet.md 7.2)."""

_ANSWER_BYTES = 32 * 1024 * 1024
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REFUSED = re.compile(r"\.\.|//|@\{|[\x00-\x20\x7f?*\[\\~^:]")
_MAX_NAME = 250


def is_commit(revision: str) -> bool:
    """Whether a revision is a full commit id, which needs no asking."""
    return _COMMIT.fullmatch(revision) is not None


def check_reference(name: str, *, repo: str) -> None:
    """Refuse a name that no branch or tag can have, or that git could take for something else.

    The rules are Fleet's (fleet.md 7.2) and two of git's: no leading dash and no slash at either end.

    Raises:
        BadReference: with the name.
    """
    wrong = not name or len(name) > _MAX_NAME or name == "@" or name[0] in ".-/" or name[-1] in "./"
    if wrong or name.endswith(".lock") or _REFUSED.search(name):
        shown = re.sub(r"[\x00-\x20\x7f]", " ", name)[:100]
        raise BadReference(repo=repo, reason=f'"{shown}" is no name of a branch or tag')


async def resolve(remote: Remote, branch: str, *, seconds: float = RESOLVE_SECONDS) -> str:
    """The commit at the head of a branch: 40 (or 64) hexadecimal digits.

    Raises:
        BadReference: it can be no branch's name.
        BranchMissing: the repository has no such branch.
        RepositoryGone, AccessDenied, HostUnreachable, HostUntrusted, TooLarge, GitFailed: as they say.
    """
    check_reference(branch, repo=str(remote.address))
    found = await _list(remote, "--heads", [f"refs/heads/{branch}"], branch, seconds)
    return _the_one(found, f"refs/heads/{branch}", remote, branch, "branch")


async def resolve_revision(remote: Remote, revision: str, *, seconds: float = RESOLVE_SECONDS) -> str:
    """The commit that a revision names: a full commit id itself, or a tag (what it points at, if annotated).

    Raises the errors of `resolve`; BranchMissing where there is no such tag. A commit id is not asked for.
    """
    if is_commit(revision):
        return revision
    check_reference(revision, repo=str(remote.address))
    tag = f"refs/tags/{revision}"
    found = await _list(remote, "--tags", [tag, f"{tag}^{{}}"], revision, seconds)
    return found.get(f"{tag}^{{}}") or _the_one(found, tag, remote, revision, "tag")


async def resolve_default(remote: Remote, *, seconds: float = RESOLVE_SECONDS) -> str:
    """The commit at the head of the repository's own default branch. Raises the errors of `resolve`."""
    found = await _list(remote, "--quiet", ["HEAD"], "HEAD", seconds)
    return _the_one(found, "HEAD", remote, "HEAD", "default branch")


def _the_one(found: dict[str, str], reference: str, remote: Remote, name: str, kind: str) -> str:
    if commit := found.get(reference):
        return commit
    raise BranchMissing(repo=str(remote.address), branch=name, reason=f"it has no {kind} of this name")


async def _list(remote: Remote, kind: str, patterns: list[str], name: str, seconds: float) -> dict[str, str]:
    """The commits of the references that end in one of the patterns, by full name."""
    repo = str(remote.address)
    with remote_environment(remote) as environment:
        arguments = ["ls-remote", "--quiet", kind, "--", remote.address.url, *patterns]
        try:
            done = await run_git(arguments, environment=environment, seconds=seconds, limit=_ANSWER_BYTES)
        except TimeoutError:
            raise HostUnreachable(repo=repo, branch=name, reason=f"no answer within {seconds:g} s") from None
        except OutputTooLarge:
            raise TooLarge(repo=repo, branch=name, reason="the list of its references has no end") from None
        except OSError as error:
            raise cannot_start(error, repo) from None
    if done.returncode:
        raise failure(done, remote, name)
    lines = (line.partition("\t") for line in done.stdout.decode(errors="replace").splitlines())
    return {reference: commit for commit, _, reference in lines if is_commit(commit)}


def failure(done: Finished, remote: Remote, branch: str = "") -> GitError:
    """The error that a git which failed has met."""
    error, reason = diagnose(done.stderr, secrets=remote.secrets)
    return error(repo=str(remote.address), branch=branch, reason=reason)


def cannot_start(error: OSError, repo: str) -> GitError:
    """The error for a git that could not be started: not installed, or no more processes."""
    return GitFailed(repo=repo, reason=f"the git program could not be started ({error.strerror or error})")
