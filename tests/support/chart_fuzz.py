"""Mutations of all that charts come from: URLs, charts in a tree, indexes and archives of a server.

Everything comes from a `random.Random` with a seed, so that what was found once is found again.
"""

import gzip
import io
import json
import random
import tarfile
from collections.abc import Sequence
from typing import Any

from fleet.bundler.domain.chartneeds import ChartNeed, Charts, FetchedChart
from fleet.yaml import write
from support.chart_repository import index_of, packed_chart
from support.fuzz import damaged, mutated

Value = Any

SECRET = "canary"
"""Stands in every password of a URL; nothing that is said may have it."""

_SCHEMES = (
    *("", "", "http://", "https://", "https://", "oci://", "git::", "git::https://", "git::ssh://", "ssh://"),
    *(
        "git://",
        "git::file://",
        "file://",
        "file::",
        "http::http://",
        "s3::https://",
        "://",
        "//",
        "HTTPS://",
    ),
    *("x:", "javascript:", "\n", "oci:", "git::git::https://", "ftp://", "::", "http:/", "git@"),
)
_PASSWORDS = (
    "{}",
    "p@{}",
    "{}/x",
    "{}:x@y",
    "%40{}%2F",
    "{}?a=b",
    "{}#a",
    ":{}",
    "{} ",
    "[{}",
    "{}é",
    "a%zz{}",
)
_USERS = (*("",) * 12, "user@", "@", ":@", "a b@", "%40@")
_HOSTS = (
    *(
        "charts.example",
        "charts.example:8443",
        "h",
        "127.0.0.1",
        "[::1]",
        "[::1]:443",
        "github.com",
        "GITLAB.com",
    ),
    *(
        "",
        "[",
        "[::1",
        "]",
        "h:",
        "h:x",
        "h:99999",
        "h:-1",
        "h:0",
        "é.example",
        "a b",
        "%68",
        "h\n",
        "." * 300,
    ),
    *("bitbucket.org", "h%00", "h\x00", "1", "0x7f.1", "[v1.a]", "[fe80::1%25eth0]", "h\\@i"),
)
_PATHS = (
    *("", "/", "/web", "/web-1.0.0.tgz", "/a.zip", "/a.tar.xz", "/o/r", "/o/r.git", "/o/r.git//web", "//web"),
    *(
        "/web.tgz//sub",
        "/..",
        "/../../x",
        "//../..",
        "/%2e%2e/%2F",
        "/%zz",
        "/a b",
        "/é",
        "/a\nb",
        ":o/r",
        ":",
    ),
    *("/c:1.0.0", "/c@sha256:00", "/" + "a" * 3000, "/a;b=c", "/.", "//", "///x", "/*", "/x/.tgz", "/C\\D"),
)
_ENDS = (
    *("",) * 12,
    *(
        "?ref=main",
        "?ref=",
        "?ref=../x",
        "?ref=--upload-pack=x",
        "?depth=1",
        "?depth=0",
        "?depth=" + "9" * 50,
    ),
    *(
        "?checksum=sha256:00",
        "?checksum=md5:zz",
        "?checksum=file:x",
        "?checksum=",
        "?archive=zip",
        "?archive=false",
    ),
    *(
        "?sshkey=!!!",
        "?sshkey=YQ==",
        "#frag",
        "?",
        "#",
        "?a&b&=c",
        "?ref=a&ref=b",
        "?%zz=%",
        "?" + "a=b&" * 300,
    ),
)


def url(rng: random.Random, homes: Sequence[str] = ()) -> str:
    """What somebody may take for a URL of a chart or a repository; a third of them below one of `homes`."""
    if homes and rng.random() < 0.4:
        return rng.choice(homes) + rng.choice(_PATHS) + rng.choice(_ENDS)
    user = rng.choice(_USERS)
    if rng.random() < 0.3:
        user = f"user:{rng.choice(_PASSWORDS).format(SECRET)}@"
    text = rng.choice(_SCHEMES) + user + rng.choice(_HOSTS) + rng.choice(_PATHS) + rng.choice(_ENDS)
    if rng.random() < 0.1 and not user:
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at] + rng.choice(("@", "/", ":", "?", "#", "[", "%", "\\", " ", "\x00", "..")) + text[at:]
        )
    return text


def _dependency(rng: random.Random, urls: Sequence[str]) -> dict[str, Value]:
    found: dict[str, Value] = {
        "name": rng.choice(("web", "web", "lib", "lib", "sub", "", "../x", "no")),
        "version": rng.choice(("1.x", "1.0.0", "*", "", ">= 0-0", "^9", "latest", "1 || 2")),
        "repository": rng.choice((*urls, "file://../lib", "file://../lib", "file://../../x", "", "@stable")),
    }
    if rng.random() < 0.2:
        found |= rng.choice(
            ({"alias": "web"}, {"condition": "a.b"}, {"tags": ["a"]}, {"import-values": ["a"]})
        )
    return found


def _chart(rng: random.Random, name: str, urls: Sequence[str]) -> dict[str, Value]:
    found: dict[str, Value] = {"apiVersion": rng.choice(("v1", "v2", "v2")), "name": name, "version": "1.0.0"}
    if rng.random() < 0.7:
        found["dependencies"] = [_dependency(rng, urls) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    return found


def document(rng: random.Random, value: Value) -> bytes:
    """A document as it is in half of the cases, else with something else in it, or no document any more."""
    value = json.loads(json.dumps(value))
    fate = rng.random()
    if 0.5 < fate < 0.85:
        value = mutated(rng, value)
    flow = json.dumps(value, ensure_ascii=False)
    text = (flow if rng.random() < 0.3 or "[[[[" in flow else write(value)).encode(errors="surrogatepass")
    return damaged(rng, text) if fate > 0.85 else text


def archive(rng: random.Random, name: str = "web", urls: Sequence[str] = ()) -> bytes:
    """A packed chart, as it should be in half of the cases, else damaged in some way."""
    files = (
        {"charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n"} if rng.random() < 0.2 else {}
    )
    about = {"dependencies": [_dependency(rng, urls)]} if rng.random() < 0.3 else {}
    good = packed_chart(name, rng.choice(("1.0.0", "1.2.0", "2.0.0-rc.1")), files, **about)
    return good if rng.random() < 0.5 else rng.choice(_ARCHIVES)(rng, good)


def _with_chart(rng: random.Random, _: bytes) -> bytes:
    """Whole, but with another Chart.yaml."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in rng.sample(("web/Chart.yaml", "Chart.yaml", "web/x/Chart.yaml", "web/charts/a.tgz"), 2):
            data = document(rng, {"apiVersion": "v2", "name": "web", "version": "1.0.0"})
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(packed.getvalue(), mtime=0)


def _with_entry(rng: random.Random, good: bytes) -> bytes:
    """With one entry more, of some kind or other."""
    packed = io.BytesIO(gzip.decompress(good))
    with tarfile.open(fileobj=packed, mode="a") as tar:
        names = ("../up", "/abs", "web/Chart.yaml", "web", "a" * 200, "web/../../x", ".", "web//x", "é")
        member = tarfile.TarInfo(rng.choice(names))
        kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.REGTYPE)
        member.type = rng.choice(kinds)
        member.linkname = rng.choice(("", "..", "/etc/passwd", "web/Chart.yaml", "../../x"))
        tar.addfile(member)
    return gzip.compress(packed.getvalue(), mtime=0)


def _flipped(rng: random.Random, good: bytes) -> bytes:
    data = bytearray(good)
    for _ in range(rng.choice((1, 1, 3, 30))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


_ARCHIVES = (
    _flipped,
    _with_chart,
    _with_entry,
    _with_entry,
    lambda rng, good: good[: rng.randrange(len(good))],
    lambda _, good: good + b"\0" * 600 + b"x",
    lambda _, good: gzip.decompress(good),
    lambda _, good: gzip.compress(good, mtime=0),
    lambda rng, _: gzip.compress(rng.randbytes(rng.choice((0, 5, 512, 5000))), mtime=0),
    lambda _, __: b"<html>not found</html>",
    lambda _, __: b"",
)


def index(rng: random.Random, urls: Sequence[str]) -> bytes:
    """The index of a repository, whose archives may be anywhere."""
    whole = json.loads(json.dumps(_INDEX))
    for entries in whole["entries"].values():
        for entry in entries:
            if rng.random() < 0.5:
                entry["urls"] = rng.sample((*urls, "web-1.0.0.tgz", "../web-1.0.0.tgz"), 1)
            if rng.random() < 0.2:
                entry["version"] = rng.choice(("", "latest", "1", "01.0.0", 1.0, None, "9" * 40 + ".0.0"))
    return document(rng, whole)


_INDEX = {
    "apiVersion": "v1",
    "entries": {
        name: [{"apiVersion": "v2", "name": name, "version": version, "urls": [f"{name}-{version}.tgz"]}]
        for name, version in (("web", "1.0.0"), ("lib", "1.2.0"), ("sub", "2.0.0-rc.1"))
    },
}


def tree_files(rng: random.Random, urls: Sequence[str]) -> dict[str, bytes]:
    """A repository with a chart or two, and a fleet.yaml that may name more of them."""
    helm = rng.choice(
        (
            {},
            {"chart": "shop"},
            {"chart": rng.choice(urls)},
            {"repo": rng.choice(urls), "chart": "web"},
            {
                "repo": rng.choice(urls),
                "chart": rng.choice(("web", "no", "")),
                "version": rng.choice(("1.x", "x", "")),
            },
            {"disableDependencyUpdate": True},
        )
    )
    options: dict[str, Value] = {"helm": helm}
    if rng.random() < 0.2:
        options["targetCustomizations"] = [
            {"helm": {"chart": rng.choice(urls)}},
            {"helm": {"version": "1.0.0"}},
        ]
    files = {
        "fleet.yaml": write(options).encode() if rng.random() < 0.9 else document(rng, options),
        "cm.yaml": b"a: 1\n",
        "shop/Chart.yaml": document(rng, _chart(rng, "shop", urls)),
        "lib/Chart.yaml": write(_chart(rng, "lib", ())).encode(),
    }
    for path, chance, make in _MORE:
        if rng.random() < chance:
            files[path] = make(rng, urls)
    return files


_MORE = (
    (
        "shop/requirements.yaml",
        0.3,
        lambda rng, urls: document(rng, {"dependencies": [_dependency(rng, urls)]}),
    ),
    ("shop/Chart.lock", 0.3, lambda rng, _: document(rng, {"digest": "sha256:00", "dependencies": []})),
    ("shop/requirements.lock", 0.1, lambda rng, _: document(rng, {"digest": 5})),
    ("shop/charts/web-1.0.0.tgz", 0.3, lambda rng, urls: archive(rng, "web", urls)),
    ("shop/charts/sub/Chart.yaml", 0.2, lambda rng, urls: document(rng, _chart(rng, "sub", urls))),
    ("shop/charts/notes.txt", 0.1, lambda _, __: b"none"),
    ("shop/values.yaml", 0.2, lambda rng, _: document(rng, {"a": {"b": [1]}})),
    (
        "shop/.helmignore",
        0.2,
        lambda rng, _: rng.choice((b"charts/\n", b"*.tgz\n", b"[\n", b"**\n", b"!x\n")),
    ),
    ("lib/templates/a.yaml", 0.5, lambda _, __: b"a: 1\n"),
)


def answering(rng: random.Random) -> Charts:
    """Charts from nowhere: each need is answered with some archive, or with an error."""

    def answer(needs: Sequence[ChartNeed]) -> list[FetchedChart]:
        return [_answer(rng, need) for need in needs]

    return answer


def _answer(rng: random.Random, need: ChartNeed) -> FetchedChart:
    if rng.random() < (0.4 if need.dependency else 0.1):
        return FetchedChart(error="the host is on fire")
    name = rng.choice(
        ("web-1.0.0.tgz",) * 6 + ("web.zip", "chart.tar", "web", "", ".tgz", "../x.tgz", "a.gz")
    )
    subdir = rng.choice(("",) * 8 + ("web", "web/", "no", "..", "web/../web", "/"))
    return FetchedChart(name, archive(rng, need.chart if need.dependency else "web"), subdir, "1.0.0")


def served(rng: random.Random, urls: Sequence[str]) -> dict[str, bytes | str]:
    """What a server has: an index, archives, and places that lead elsewhere."""
    charts = [("web", "1.0.0"), ("lib", "1.2.0"), ("sub", "2.0.0-rc.1")]
    files: dict[str, bytes | str] = {
        f"/{name}-{version}.tgz": archive(rng, name, urls) for name, version in charts
    }
    good = [(name, version, packed_chart(name, version)) for name, version in charts]
    files["/index.yaml"] = index(rng, urls) if rng.random() < 0.7 else index_of(*good)
    files["/web/index.yaml"] = rng.choice(urls) if rng.random() < 0.5 else index(rng, urls)
    files["/a.zip"] = archive(rng)
    files["/web"] = rng.choice(urls)
    return files
