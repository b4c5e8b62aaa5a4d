"""What charts are fetched with, by the flags of `fleet apply NAME PATH...`."""

import pytest

from fleet.bundler.domain.errors import BadInput
from fleet.cli.folders.credentials import credentials_of

NONE = {
    "helm_repo_url_regex": "",
    "helm_credentials_by_path_file": "",
    "username": "",
    "password_file": "",
    "cacerts_file": "",
    "ssh_privatekey_file": "",
    "helm_insecure_skip_tls": False,
    "helm_basic_http": False,
}
BY_PATH = "web:\n  username: a\n  password: secret\n  basicHTTP: true\n'db*': {insecureSkipVerify: true}\n"


def files(folder):
    for name in ("password", "cacerts", "key"):
        (folder / name).write_text(f"the {name}")
    (folder / "paths").write_text(BY_PATH)
    return {
        "password_file": str(folder / "password"),
        "cacerts_file": str(folder / "cacerts"),
        "ssh_privatekey_file": str(folder / "key"),
    }


@pytest.mark.rule(id="12.1-45")
def test_files_and_flags_become_credentials(tmp_path):
    given = (
        NONE | files(tmp_path) | {"username": "a", "helm_basic_http": True, "helm_insecure_skip_tls": True}
    )
    auth = credentials_of(given | {"helm_repo_url_regex": "https://a"}, {"FLEET_KNOWN_HOSTS": "h"})
    assert auth.url_regex == "https://a"
    assert auth.by_path == {}
    one = auth.general
    assert (one.username, one.password) == ("a", "the password")
    assert (one.ca_bundle, one.ssh_private_key, one.known_hosts) == (b"the cacerts", b"the key", b"h")
    assert (one.basic_http, one.insecure_skip_verify) == (True, True)


def test_a_user_name_may_come_from_the_environment_and_needs_a_password(tmp_path):
    given = NONE | files(tmp_path)
    environment = {"HELM_USERNAME": "env"}
    assert credentials_of(given, environment).general.username == "env"
    assert credentials_of(given | {"username": "a"}, environment).general.username == "a"
    assert credentials_of(given, {}).general.password == ""
    assert credentials_of(NONE, environment).general.username == ""


def test_credentials_by_folder_stand_in_the_place_of_all_others(tmp_path):
    given = NONE | files(tmp_path) | {"username": "b", "helm_basic_http": True}
    auth = credentials_of(given | {"helm_credentials_by_path_file": str(tmp_path / "paths")}, {})
    assert (auth.general.username, auth.general.basic_http) == ("", False)
    assert auth.by_path["web"].password == "secret"
    assert auth.by_path["db*"].insecure_skip_verify


@pytest.mark.rule(id="12.1-45")
def test_a_file_that_is_not_there_is_named_with_its_flag(tmp_path):
    given = NONE | {"username": "a", "password_file": str(tmp_path / "nope")}
    with pytest.raises(BadInput, match="nope: --password-file: cannot be read: No such file"):
        credentials_of(given, {})


@pytest.mark.parametrize("value", ["true", "12345678", ".inf"])
def test_a_certificate_by_folder_is_text_and_a_password_may_be_a_number(tmp_path, value):
    given = NONE | {"helm_credentials_by_path_file": str(tmp_path / "paths")}
    (tmp_path / "paths").write_text("web: {password: 12345678}\n")
    assert credentials_of(given, {}).by_path["web"].password == "12345678"
    (tmp_path / "paths").write_text(f"web: {{caBundle: {value}}}\n")
    with pytest.raises(BadInput, match=r"paths:1: web\.caBundle"):
        credentials_of(given, {})
