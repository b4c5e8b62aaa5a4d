"""Which URLs git may be sent to, and what is shown of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.git import Address, BadAddress, BasicAuth, parse_address


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("/srv/git/shop.git", Address("/srv/git/shop.git", "file")),
        ("file:///srv/git/shop.git", Address("file:///srv/git/shop.git", "file")),
        ("https://example.com/shop", Address("https://example.com/shop", "https", "example.com")),
        ("http://example.com:8080/a/b", Address("http://example.com:8080/a/b", "http", "example.com:8080")),
        ("http://[::1]:80/x", Address("http://[::1]:80/x", "http", "[::1]:80")),
        ("ssh://git@example.com:2222/x", Address("ssh://git@example.com:2222/x", "ssh", "example.com:2222")),
        ("git@example.com:team/shop.git", Address("git@example.com:team/shop.git", "ssh", "example.com")),
        ("example.com:shop", Address("example.com:shop", "ssh", "example.com")),
    ],
)
def test_the_forms_of_fleet_are_understood(url: str, address: Address) -> None:
    assert parse_address(url) == (address, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.git",
        "../shop.git",
        "git://example.com/shop",
        "ftp://example.com/shop",
        "ext::sh -c true",
        "ext::true",
        "fd::3",
        "transport::https://example.com/x",
        "--upload-pack=touch",
        "-oProxyCommand=x:y",
        "-host:path",
        "host:-path",
        "ssh://-oProxyCommand=x/y",
        "ssh://-user@example.com/x",
        "ssh://user:word@example.com/x",
        "https:///no-host",
        "https://example.com:port/x",
        "https://example.com/x?token=1",
        "https://example.com/x#y",
        "https://example.com/a b",
        "https://example.com/a\nb",
        "file://host/x",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(BadAddress, match=r"spec\.repo"):
        parse_address(url)


def test_credentials_are_taken_out_of_the_url() -> None:
    address, given_there = parse_address("https://user:p%40ss@example.com/shop")
    assert str(address) == "https://example.com/shop"
    assert given_there == BasicAuth("user", "p@ss")


def test_a_token_without_a_name_is_the_name() -> None:
    assert parse_address("https://:token@example.com/x")[1] == BasicAuth("token", "")
    assert parse_address("https://token@example.com/x")[1] == BasicAuth("token", "")


@pytest.mark.rule(id="12.1-43")
@pytest.mark.parametrize(
    "url",
    [
        "https://user:hunter2@example.com:port/x",
        "https://user:hun/ter2@example.com/x",
        "https://user:a@hunter2@exa mple.com/x",
        "user:hunter2@example.com/x",
        "ssh://user:hunter2@example.com/x",
        "https://example.com/x?token=hunter2",
        "ftp://user:hunter2@example.com/x",
    ],
)
def test_a_url_that_is_refused_is_shown_without_what_could_be_a_password(url: str) -> None:
    with pytest.raises(BadAddress) as caught:
        parse_address(url)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=60))
def test_no_text_is_taken_for_an_option_or_another_transport(text: str) -> None:
    try:
        address, _ = parse_address(text)
    except BadAddress:
        return
    assert not address.url.startswith("-")
    assert address.scheme in {"http", "https", "ssh", "file"}
    assert "::" not in address.url.split("/")[0] or "[" in address.url


@given(st.text(st.characters(categories=("L", "N")), min_size=5, max_size=20))
def test_a_password_never_stands_in_the_address(password: str) -> None:
    shown = ""
    try:
        shown = str(parse_address(f"https://user:QQ{password}@example.com/x")[0])
    except BadAddress as error:
        shown = str(error)
    assert f"QQ{password}" not in shown
