"""What git's words mean: from its complaint to the error that says what to do."""

import re
from collections.abc import Iterable

from fleet.git import errors

# The first line that fits decides, so the special stands before the general. The words are those of
# git 2.39 to 2.5x, curl and OpenSSH in English (LC_ALL=C).
_MEANINGS: tuple[tuple[type[errors.GitError], str], ...] = (
    (
        errors.HostUntrusted,
        r"host key verification failed|no .* host key is known|key has changed",
    ),
    (errors.HostUntrusted, r"certificate|SSL: no alternative"),
    (errors.CommitMissing, r"not our ref|no such remote ref|couldn't find remote ref|unadvertised object"),
    (errors.AccessDenied, r"authentication failed|could not read (username|password)|invalid credentials"),
    (errors.AccessDenied, r"permission denied \(|error: 40[13]\b|load key|access denied"),
    (errors.HostUnreachable, r"could not resolve host|failed to connect|couldn't connect|temporary failure"),
    (errors.HostUnreachable, r"connection (refused|timed out|reset|closed)|timed out|timeout|empty reply"),
    (errors.HostUnreachable, r"network is unreachable|no route to host|operation too slow|kex_exchange"),
    (errors.HostUnreachable, r"hung up|early EOF|rpc failed|unexpected disconnect|error: (429|5\d\d)\b"),
    (errors.RepositoryGone, r"does not appear to be a git repository|not a git repository|error: 404\b"),
    (errors.RepositoryGone, r"(repository|project).*(not found|could not be found|does not exist)"),
    (errors.RepositoryGone, r"not valid: is this a git repository|no such (file or directory|repository)"),
    (errors.AccessDenied, r"permission denied|unauthorized|forbidden"),
)
_COMPILED = tuple((error, re.compile(words, re.IGNORECASE)) for error, words in _MEANINGS)
_NOISE = re.compile(
    r"^(warning: .*|Please make sure you have the correct access rights|and the repository exists\.|"
    r"fatal: Could not read from remote repository\.|@*)$"
)
_MAX_REASON = 400


def diagnose(stderr: str, *, secrets: Iterable[str] = ()) -> tuple[type[errors.GitError], str]:
    """Say which error a failed git met, and the line of its complaint that says so, without any secret."""
    for secret in secrets:
        if secret:
            stderr = stderr.replace(secret, "***")
    lines = [line.strip() for line in stderr.splitlines()]
    telling = [line for line in lines if not _NOISE.match(line)]
    for error, meaning in _COMPILED:
        for line in telling:
            if meaning.search(line):
                return error, _plain(line)
    return errors.GitFailed, _plain(telling[-1] if telling else "the connection ended without a reason")


def _plain(line: str) -> str:
    bare = re.sub(r"^(fatal|error|remote|ssh): ", "", line)
    bare = re.sub(r"://[^/@\s]*@", "://", bare)
    bare = re.sub(r" after \d+ ms", "", bare)  # else the same trouble would be told anew each time
    return bare[:_MAX_REASON]
