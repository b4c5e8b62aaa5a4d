"""What a chart's URL means, and whose credentials go there."""

import base64

import pytest

from fleet.bundler.charts import ChartAuth, ChartCredentials, read_auth, read_auth_by_path
from fleet.bundler.domain.chartneeds import ChartNeed
from fleet.bundler.domain.chartsource import BadSource, SourceKind, in_index, origin, parse_source, shown
from fleet.bundler.domain.errors import BadInput

KEY = base64.b64encode(b"a key").decode()


@pytest.mark.rule(id="12.1-38")
@pytest.mark.parametrize(
    ("text", "kind", "url", "subdir", "ref"),
    [
        ("git::https://h/r.git", SourceKind.GIT, "https://h/r.git", "", ""),
        ("git::https://h/r.git//a/b?ref=main", SourceKind.GIT, "https://h/r.git", "a/b", "main"),
        ("ssh::alice@h:org/r", SourceKind.GIT, "ssh://alice@h/org/r", "", ""),
        ("git@h:org/r//sub", SourceKind.GIT, "ssh://git@h/org/r", "sub", ""),
        ("ssh://git@h/r?ref=v1", SourceKind.GIT, "ssh://git@h/r", "", "v1"),
        ("github.com/o/r/deploy", SourceKind.GIT, "https://github.com/o/r.git", "deploy", ""),
        ("gitlab.com/o/r.git?ref=x", SourceKind.GIT, "https://gitlab.com/o/r.git", "", "x"),
        ("bitbucket.org/o/r", SourceKind.GIT, "https://bitbucket.org/o/r.git", "", ""),
        ("git::https://h/r?token=a+b%2F&ref=m&x=1", SourceKind.GIT, "https://h/r?token=a+b%2F&x=1", "", "m"),
        ("http::https://h/a.tgz", SourceKind.HTTP, "https://h/a.tgz", "", ""),
        ("https://h/a.tgz//in?b=2&a=1", SourceKind.HTTP, "https://h/a.tgz?a=1&b=2", "in", ""),
        ("oci://h/c", SourceKind.OCI, "oci://h/c", "", ""),
        ("example.com/o/r", SourceKind.FOLDER, "example.com/o/r", "", ""),
        ("file://../c", SourceKind.FOLDER, "../c", "", ""),
    ],
)
def test_a_url_is_taken_apart(text: str, kind: SourceKind, url: str, subdir: str, ref: str) -> None:
    found = parse_source(text)
    assert (found.kind, found.url, found.subdir, found.ref) == (kind, url, subdir, ref)


@pytest.mark.rule(id="12.1-39")
def test_the_name_says_how_an_archive_is_packed() -> None:
    assert parse_source("https://h/x/a.tgz?archive=zip").name == "a.tgz.zip"
    assert parse_source("https://h/x/a.tgz").name == "a.tgz"
    assert parse_source("https://h/").name == ""


@pytest.mark.rule(id="12.1-38")
def test_an_ssh_key_may_stand_in_the_url() -> None:
    assert parse_source(f"git::ssh://git@h/r?sshkey={KEY}").ssh_key == b"a key"


@pytest.mark.rule(id="12.1-38")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"git::https://h/r?sshkey={KEY}", "sshkey= is not supported for https URLs"),
        ("git::ssh://h/r?sshkey=!!!", "it is no base64"),
        ("git::https://h/r?depth=0", "must be a number greater than 0"),
        ("git::https://h/r//../x", "leads out"),
        ("https://h/a.tgz?checksum=abc", "must have the form type:value"),
        ("https://h/a.tgz?checksum=crc:00", "unsupported hash type"),
        ("https://h/a.tgz?checksum=md5:zz", "not hexadecimal"),
        ("git://h/r.git//a?ref=v1", "git is asked over https, http and ssh only"),
        ("git::git://h/r", "git is asked over https, http and ssh only"),
        ("git::file:///data/git/other/abc.git", "git is asked over https, http and ssh only"),
        ("git::/data/git/other/abc.git", "git is asked over https, http and ssh only"),
        ("git::../other.git", "git is asked over https, http and ssh only"),
        ("foo::https://h", '"foo::" is not supported: use https://'),
        ("s3::https://s3.amazonaws.com/b/c.tgz", '"s3::" is not supported'),
        ("s3://b/c.tgz", '"s3://" is not supported'),
        ("gcs::https://www.googleapis.com/storage/v1/b/c.tgz", '"gcs::" is not supported'),
        ("hg::https://h/r", '"hg::" is not supported'),
        ("file::/etc", '"file::" is not supported'),
        ("ftp://h/c.tgz", '"ftp://" is not supported'),
        ("github.com/o", "must have the form github.com/user/repo"),
    ],
)
def test_a_url_that_cannot_be_one_is_refused(text: str, message: str) -> None:
    with pytest.raises(BadSource, match=message):
        parse_source(text)


@pytest.mark.parametrize("password", ["p", "p@SECRET", "SECRET/x", "@SECRET@", "SECRET:/x@y", "SECRET//../x"])
def test_no_part_of_a_password_is_shown(password: str) -> None:
    assert shown(f"https://user:{password}@host:1/web.tgz") == "https://host:1/web.tgz"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("git::user:SECRET@host/o/r", "git::host/o/r"),
        ("git::user:p@SECRET/x@host:o/r", "git::host:o/r"),
        ("git@user:SECRET@host/r", "host/r"),
        ("http:/user:SECRET@host", "host"),
        ("//user:SECRET/x@host/r", "//host/r"),
        ("://user:SECRET@host/r", "://host/r"),
        ("git::git::https://user:SECRET@host/r", "git::git::https://host/r"),
        ("git::git@host:o/r", "git::git@host:o/r"),
        ("charts/web@1", "charts/web@1"),
        ("oci://host/web:1@sha256:00", "oci://host/web:1@sha256:00"),
        ("https://host/a:b@c.tgz", "https://host/a:b@c.tgz"),
    ],
)
def test_what_is_no_url_by_a_typing_error_is_shown_without_its_password(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_password_with_two_slashes_is_not_taken_for_a_folder_that_may_be_told() -> None:
    with pytest.raises(BadSource) as error:
        parse_source("https://user:p//../SECRET@h/web.tgz")
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize("url", ["https://h:port/x.tgz", "https://u:SECRET/x@h/x.tgz", "https://[abc/x.tgz"])
def test_a_url_without_a_host_or_port_is_refused_without_its_password(url: str) -> None:
    for read in (parse_source, origin, lambda text: in_index(text, "web.tgz")):
        with pytest.raises(BadSource, match="its host or port cannot be read") as error:
            read(url)
        assert "SECRET" not in str(error.value)


def test_a_depth_of_many_digits_is_a_number() -> None:
    assert parse_source(f"git::https://h/r.git?depth={'9' * 5000}").kind is SourceKind.GIT
    with pytest.raises(BadSource, match="greater than 0"):
        parse_source("git::https://h/r.git?depth=000")


def test_a_url_is_shown_without_what_is_secret() -> None:
    assert shown("git::https://user:pass@h/r.git?sshkey=abc") == "git::https://h/r.git"


@pytest.mark.rule(id="12.1-40")
def test_an_archive_in_an_index_may_be_relative_to_the_repository() -> None:
    for repo in ("https://h/charts", "https://h/charts/"):
        assert in_index(repo, "a/b.tgz") == "https://h/charts/a/b.tgz"
    assert in_index("https://h/charts", "https://o/b.tgz") == "https://o/b.tgz"


@pytest.mark.rule(id="12.1-35")
@pytest.mark.parametrize(
    ("regex", "url", "allowed"),
    [
        ("", "https://charts.example.com", False),
        (r"https://charts\.example\.com.*", "https://charts.example.com/stable", True),
        (r"https://charts\.example\.com.*", "https://evil.example/?url=https://charts.example.com", False),
        (r"^https://charts\.example\.com.*", "https://charts.example.com/stable", True),
        ("https://one/.*|https://two/.*", "https://two/charts", True),
        ("https://one/.*|https://two/.*", "evil.com?url=https://two/x", False),
        (r"(a+)+$", "a" * 60 + "!", False),
    ],
)
def test_credentials_are_for_urls_whose_beginning_fits(regex: str, url: str, allowed: bool) -> None:
    auth = ChartAuth("user", "word", ca_bundle=b"ca", basic_http=True, insecure_skip_verify=True)
    for need in (ChartNeed("", url, "web", ""), ChartNeed("", "", url, "")):
        found = ChartCredentials(auth, url_regex=regex).forwarded(need)
        assert bool(found.auth.password) is allowed
        assert (found.auth.ca_bundle, found.auth.basic_http, found.auth.insecure_skip_verify) == (
            b"ca",
            True,
            True,
        )
        assert bool(found.hint) is (not regex)


@pytest.mark.rule(id="12.1-41")
def test_a_secret_is_read_as_fleet_reads_it() -> None:
    found = read_auth({"username": b"u", "password": b"p", "cacerts": b"c", "basicHTTP": b"T"}, "ws/s")
    assert found == ChartAuth("u", "p", ca_bundle=b"c", basic_http=True)
    assert not read_auth({"insecureSkipVerify": b"perhaps"}, "ws/s").insecure_skip_verify
    with pytest.raises(BadInput, match="username is set in the secret ws/s, but password isn't"):
        read_auth({"username": b"u"}, "ws/s")


def test_credentials_by_path_are_read_without_their_values_in_errors() -> None:
    text = f"a/*:\n  username: u\n  password: p\n  sshPrivateKey: {KEY}\nb: {{basicHTTP: true}}\n"
    assert read_auth_by_path(text.encode(), "f") == {
        "a/*": ChartAuth("u", "p", ssh_private_key=b"a key"),
        "b": ChartAuth(basic_http=True),
    }
    with pytest.raises(BadInput) as caught:
        read_auth_by_path(b"a:\n  caBundle: 'secret!'\n", "f")
    assert "secret!" not in str(caught.value)
    assert str(caught.value).startswith("f:")


def test_a_file_of_credentials_is_taken_as_go_takes_it() -> None:
    text = b"a:\n  username: 12\n  caBundle: |\n    YSBr\n    ZXk=\n---\n{ not looked at\n"
    assert read_auth_by_path(text, "f") == {"a": ChartAuth("12", ca_bundle=b"a key")}
    assert read_auth_by_path(b"# nothing\n", "f") == {}
    with pytest.raises(BadInput, match=r"^f: is empty"):
        read_auth_by_path(b"", "f")
    with pytest.raises(BadInput, match=r"^f:2: .*is not a valid pattern"):
        read_auth_by_path(b"a: {}\n'b[': {}\n", "f")


@pytest.mark.rule(id="12.1-33")
def test_credentials_of_a_folder_beat_patterns_and_those_the_general_ones() -> None:
    one, two, three = (ChartAuth(name, "p") for name in ("one", "two", "three"))
    credentials = ChartCredentials(three, {"a/b": one, "*/*": two, ".": two}, ".*")

    def of(folder: str) -> str:
        return credentials.forwarded(ChartNeed(folder, "https://h", "c", "")).auth.username

    assert [of(folder) for folder in ("a/b", "a/c", "", "a/b/c")] == ["one", "two", "two", "three"]
