"""What git is asked: GitRepos that ask the same share one answer."""

from dataclasses import dataclass

from fleet.git import Remote, SpecError, declared_remote, resolve, resolve_revision
from fleet.git.errors import GitError
from fleet.gitjob.domain.source import Failed, Found, Outcome
from fleet.gitjob.domain.watch import Watch
from fleet.gitjob.gate import Gate
from fleet.vault import SecretStore


@dataclass(frozen=True, slots=True)
class Question:
    """One repository, opened one way, and one branch or revision; or the reason why it cannot be asked."""

    remote: Remote | None
    branch: str
    revision: str
    refusal: str = ""


class Git:
    """Asks repositories, a bounded number at a time; paths of this machine only where `local` says so."""

    def __init__(self, *, secrets: SecretStore, gate: Gate, local: bool = False) -> None:
        self._secrets = secrets
        self._gate = gate
        self._local = local

    def question(self, watch: Watch) -> Question:
        """What to ask for a GitRepo, with the credentials that its secret holds now."""
        try:
            remote = declared_remote(
                watch.spec, workspace=watch.key.workspace, secrets=self._secrets, local=self._local
            )
        except SpecError as error:
            return Question(None, watch.branch, watch.revision, refusal=str(error))
        if watch.problem:
            refusal = f"{remote.address}: {watch.problem}"
            return Question(None, watch.branch, watch.revision, refusal=refusal)
        return Question(remote, watch.branch, watch.revision)

    async def ask(self, question: Question) -> Outcome:
        """Ask, when it is this host's turn; what goes wrong is an answer too."""
        remote = question.remote
        if remote is None:
            return Failed(question.refusal, accepted=False)
        try:
            async with self._gate.enter(remote.host):
                if question.revision:
                    commit = await resolve_revision(remote, question.revision)
                else:
                    commit = await resolve(remote, question.branch)
        except GitError as error:
            return Failed(str(error), accepted=not isinstance(error, SpecError))
        return Found(commit, str(remote.address))
