"""A password has no place in a declared object: everybody who may look sees those."""

import pytest

from fleet.cli.objects.documents import read_documents
from fleet.cli.objects.faults import InvalidObjects
from fleet.cli.objects.manifests import manifests

GITREPO = """\
apiVersion: fleet.cattle.io/v1alpha1
kind: GitRepo
metadata: {{name: web}}
spec:
  repo: "{repo}"
"""


def read(repo):
    return manifests(read_documents(GITREPO.format(repo=repo), "web.yaml"))


@pytest.mark.parametrize(
    "repo",
    [
        "http://me:HORSE@git.example.com/web",
        "https://me:HORSE@git.example.com:8443/web.git",
        "https://:HORSE@git.example.com/web",
        "HTTPS://me:1234HORSE@git.example.com/web",
        "https://me:12x/HORSE@git.example.com/web",
        "https://me:HO@RSE@git.example.com/web",
        "https://me:1234@[::1]/HORSE",
        "ssh://git:HORSE@git.example.com/web",
        "me:HORSE@git.example.com/web",
        "https://ghp_HORSE@git.example.com/web.git",
        "HTTP://HORSE@git.example.com",
        "https:///HORSE@git.example.com/web",
        "https://@git.example.com/web?HORSE",
        "https://git.example.com/web.git?private_token=HORSE",
        "https://git.example.com/web.git#HORSE",
        "https://git.example.com?HORSE@x",
    ],
)
def test_a_secret_in_the_url_of_a_repository_is_refused_and_not_repeated(repo):
    with pytest.raises(InvalidObjects) as refused:
        read(repo)
    (fault,) = refused.value.faults
    assert (fault.line, fault.path) == (5, "spec.repo")
    assert "clientSecretName" in str(fault)
    assert "fleet create secret generic" in str(fault)
    assert "HORSE" not in str(fault)


@pytest.mark.parametrize(
    ("repo", "word"),
    [
        ("https://git@git.example.com/web", "leave out what stands before the host"),
        ("https://git.example.com/web?ref=main", "end it before ? or #"),
        ("https://git.example.com/web#main", "end it before ? or #"),
    ],
)
def test_the_refusal_says_what_to_leave_out(repo, word):
    with pytest.raises(InvalidObjects, match=word.replace("?", r"\?")):
        read(repo)


@pytest.mark.parametrize(
    "repo",
    [
        "https://git.example.com/web",
        "https://git.example.com:8443/web@v1:2",
        "http://[::1]:3000/a@b",
        "ssh://git@git.example.com:2222/web.git",
        "git@git.example.com:web@2.git",
        "git.example.com:org/web@2.git",
        "file:///srv/a:b@c",
        "/srv/a:b@c",
    ],
)
def test_a_url_without_a_secret_is_kept_as_it_is(repo):
    assert read(repo)[0].spec["repo"] == repo
