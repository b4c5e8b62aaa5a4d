"""How a repository is reached and read: its references, its commits, its files, over the git program.

`declared_remote` turns a GitRepo's spec into a `Remote`; `resolve` asks it for a commit; `fetch` brings that
commit into a cache and returns its `Tree`; `tidy` keeps the cache small. Every error is a `GitError` that
a person can act on.
"""

from fleet.git.address import Address, parse_address
from fleet.git.cache import fetch, tidy
from fleet.git.credentials import BasicAuth, Credentials, SshKey, UnusableSecret, look_up
from fleet.git.errors import (
    AccessDenied,
    BadAddress,
    BadCredentials,
    BadReference,
    BranchMissing,
    CommitMissing,
    GitError,
    GitFailed,
    HostUnreachable,
    HostUntrusted,
    RepositoryGone,
    SpecError,
    TooLarge,
)
from fleet.git.references import check_reference, is_commit, resolve, resolve_default, resolve_revision
from fleet.git.remote import Remote, declared_remote
from fleet.git.tree import Tree, TreeEntry

__all__ = [
    "AccessDenied",
    "Address",
    "BadAddress",
    "BadCredentials",
    "BadReference",
    "BasicAuth",
    "BranchMissing",
    "CommitMissing",
    "Credentials",
    "GitError",
    "GitFailed",
    "HostUnreachable",
    "HostUntrusted",
    "Remote",
    "RepositoryGone",
    "SpecError",
    "SshKey",
    "TooLarge",
    "Tree",
    "TreeEntry",
    "UnusableSecret",
    "check_reference",
    "declared_remote",
    "fetch",
    "is_commit",
    "look_up",
    "parse_address",
    "resolve",
    "resolve_default",
    "resolve_revision",
    "tidy",
]
