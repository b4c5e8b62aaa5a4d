"""Whom https trusts: the system's authorities, those of spec.caBundle, or anybody where that is asked for."""

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fleet.git import BasicAuth, HostUntrusted, Remote, fetch, resolve
from fleet.git.serve import GitServer, serving
from support.gitserver import Repository

ACCOUNT = BasicAuth("fleet", "correct-horse-battery")


@dataclass(frozen=True, slots=True)
class Host:
    """A server whose certificate no system knows, and that certificate in PEM."""

    server: GitServer
    certificate: bytes
    repository: Repository


def self_signed() -> tuple[bytes, bytes]:
    """A key and a certificate for 127.0.0.1, both in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem, certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    key, certificate = self_signed()
    both = tmp_path / "server.pem"
    both.write_bytes(key + certificate)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    repository = Repository(tmp_path / "root" / "shop.git")
    with serving(tmp_path / "root", credentials=ACCOUNT, tls=tls) as server:
        yield Host(server, certificate, repository)


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(host: Host) -> None:
    host.repository.commit({"a.yaml": "a: 1\n"})
    with pytest.raises(HostUntrusted, match="caBundle"):
        await resolve(Remote.of(host.server.url_of("shop.git"), ACCOUNT), "master")


async def test_the_bundle_of_the_gitrepo_vouches_for_it(host: Host, tmp_path: Path) -> None:
    commit = host.repository.commit({"a.yaml": "a: 1\n"})
    remote = Remote.of(host.server.url_of("shop.git"), ACCOUNT, ca_bundle=host.certificate)
    assert await resolve(remote, "master") == commit
    tree = await fetch(remote, commit, tmp_path / "cache")
    assert [entry.path for entry in await tree.entries()] == ["a.yaml"]


async def test_the_check_is_left_out_where_that_is_asked_for(host: Host) -> None:
    commit = host.repository.commit({"a.yaml": "a: 1\n"})
    remote = Remote.of(host.server.url_of("shop.git"), ACCOUNT, insecure_tls=True)
    assert await resolve(remote, "master") == commit
