"""What can go wrong between us and a repository, in words for the person who wrote the GitRepo.

GitError
├── SpecError              the GitRepo asks for something that cannot work as written
│   ├── BadAddress           the URL is none that git may be sent to
│   ├── BadReference         the branch or revision is no name that git could have
│   └── BadCredentials       the secret is missing, or holds nothing that fits the URL
├── RepositoryGone         the host answers, but knows no such repository (or does not tell us)
├── BranchMissing          the repository has no such branch or tag
├── CommitMissing          the commit cannot be had any more, as after a force-push
├── AccessDenied           the host does not let us in
├── HostUnreachable        no connection, or no answer in time
├── HostUntrusted          its SSH key or TLS certificate is not the one we may talk to
├── TooLarge               the answer is larger than we take
└── GitFailed              anything else that git said
"""

from typing import ClassVar


class GitError(Exception):
    """A repository could not be reached or read.

    `repo` is its URL without credentials, `branch` what was asked for (may be empty), `reason` what went
    wrong in git's or our words, without any secret. The text of the error says all of it, and what to do.
    """

    what: ClassVar[str] = "git failed"
    advice: ClassVar[str] = ""

    def __init__(self, *, repo: str, reason: str, branch: str = "") -> None:
        self.repo = repo
        self.branch = branch
        self.reason = reason.strip().rstrip(".")
        super().__init__(self._text())

    def _text(self) -> str:
        where = f"{self.repo} ({self.branch})" if self.branch else self.repo
        text = f"{where}: {self.what}"
        text += f": {self.reason}." if self.reason else "."
        return f"{text} {self.advice}".rstrip()


class SpecError(GitError):
    """The GitRepo asks for something that cannot work as it is written; no host was asked."""


class BadAddress(SpecError):
    """The URL is none that git may be sent to."""

    what = "not a repository address"
    advice = "Use https://, http://, ssh:// or user@host:path in spec.repo."


class BadReference(SpecError):
    """The branch or revision is no name that git could have."""

    what = "not a branch or revision"
    advice = "Correct spec.branch or spec.revision."


class BadCredentials(SpecError):
    """The secret is missing, or holds nothing that fits the URL."""

    what = "no usable credentials"
    advice = "Correct spec.clientSecretName or the secret it names."


class RepositoryGone(GitError):
    """The host answers, but knows no such repository, or does not tell us of it."""

    what = "repository not found"
    advice = "Check spec.repo; a private repository needs spec.clientSecretName."


class BranchMissing(GitError):
    """The repository has no such branch or tag."""

    what = "no such reference"
    advice = "Push it, or set spec.branch (which is master where it is not set) or spec.revision."


class CommitMissing(GitError):
    """The commit cannot be had any more."""

    what = "commit not found"
    advice = "It was removed, as by a force-push; the next poll finds the present one."


class AccessDenied(GitError):
    """The host does not let us in."""

    what = "access denied"
    advice = "Check the secret that spec.clientSecretName names, and what its account may read."


class HostUnreachable(GitError):
    """No connection to the host, or no answer in time."""

    what = "host unreachable"
    advice = "It is tried again; check the host's name, the network and the proxy."


class HostUntrusted(GitError):
    """The host's SSH key or TLS certificate is not one that we may talk to."""

    what = "host not trusted"
    advice = "Put its key into known_hosts of the secret, or its authority into spec.caBundle."


class TooLarge(GitError):
    """The answer is larger than we take."""

    what = "too large"
    advice = "Split the repository, or keep large files out of it."


class GitFailed(GitError):
    """Anything else that git said."""

    what = "git failed"
    advice = "It is tried again."
