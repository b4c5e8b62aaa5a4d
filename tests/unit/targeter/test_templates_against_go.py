"""Value templates, held against Go's own engine: Helm renders the same texts with the same values."""

import io
import re
import tarfile
from typing import Any

import pytest
from helm_python import Chart, HelmError

from fleet.targeter.domain.preparing import ClusterView
from fleet.targeter.domain.templating import TemplateError, parsed

VALUES = {
    "list": ["alpha", "beta", "omega"],
    "numbers": [3, 1, 2],
    "text": "Hello, World",
    "empty": "",
    "yes": True,
    "no": False,
    "whole": 3,
    "large": 12345678,
    "half": 1.5,
    "nothing": None,
    "nested": {"a": {"b": "deep"}, "z": 1, "list": [{"name": "x"}, {"name": "y"}]},
}
VIEW = ClusterView(
    namespace="fleet-default",
    name="cluster-one",
    labels={"env": "dev", "region": "eu-west-1", "example.com/tier": "gold"},
    annotations={"note": "by hand"},
    values=VALUES,
)

STRINGS = [
    "{{ .ClusterValues.text | upper }}",
    "{{ .ClusterValues.text | lower }}",
    "{{ .ClusterValues.text | title }}",
    "{{ .ClusterValues.text | untitle }}",
    "{{ .ClusterValues.text | trim }}",
    "{{ .ClusterValues.text | quote }}",
    "{{ .ClusterValues.text | squote }}",
    "{{ .ClusterValues.text | nospace }}",
    "{{ .ClusterValues.text | swapcase }}",
    "{{ .ClusterValues.text | snakecase }}",
    "{{ .ClusterValues.text | camelcase }}",
    "{{ .ClusterValues.text | kebabcase }}",
    "{{ .ClusterValues.text | b64enc }}",
    "{{ .ClusterValues.text | b32enc }}",
    "{{ .ClusterValues.text | sha1sum }}",
    "{{ .ClusterValues.text | sha256sum }}",
    "{{ .ClusterValues.text | adler32sum }}",
    "{{ .ClusterValues.text | toString }}",
    "{{ .ClusterValues.text | len }}",
    "{{ .ClusterValues.text | initials }}",
    "{{ .ClusterValues.text | toJson }}",
    "{{ .ClusterValues.text | trunc -3 }}",
    "{{ .ClusterValues.text | trunc 0 }}",
    "{{ .ClusterValues.text | trunc 3 }}",
    "{{ .ClusterValues.text | trunc 99 }}",
    "{{ substr 0 5 .ClusterValues.text }}",
    "{{ substr 7 12 .ClusterValues.text }}",
    "{{ substr -1 4 .ClusterValues.text }}",
    "{{ substr 3 -1 .ClusterValues.text }}",
    '{{ .ClusterValues.text | replace "o" "0" }}',
    '{{ .ClusterValues.text | contains "World" }}',
    '{{ hasPrefix "He" .ClusterValues.text }}',
    '{{ hasSuffix "x" .ClusterValues.text }}',
    '{{ .ClusterValues.text | trimPrefix "Hello" | trimSuffix "World" | trimAll ", " }}',
    "{{ abbrev 8 .ClusterValues.text }}",
    "{{ abbrevboth 5 10 .ClusterValues.text }}",
    "{{ repeat 3 .ClusterValues.empty }}",
    "a{{ indent 4 .ClusterValues.text }}b{{ nindent 2 .ClusterValues.text }}",
    '{{ cat "a" .ClusterValues.text 1 }}',
    "{{ wrap 5 .ClusterValues.text }}",
    '{{ wrapWith 5 "-" .ClusterValues.text }}',
    '{{ plural "one" "many" 1 }}',
    '{{ plural "one" "many" 2 }}',
    '{{ "aGk=" | b64dec }}',
    '{{ regexMatch "^H.*d$" "Hello World" }}',
    '{{ regexFind "[a-z]+" "Hello" }}',
    '{{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}',
    '{{ regexReplaceAllLiteral "a(x*)b" "-ab-" "${1}" }}',
    '{{ regexFindAll "[0-9]" "a1b2c3" 2 }}',
    '{{ regexSplit "z+" "pizza" -1 }}',
    '{{ printf "%s-%05d-%v-%q-%.2f" "a" 42 true "q" 1.234 }}',
    '{{ println "x" 1 }}',
    '{{ splitList "$" "foo$bar" | join "," }}',
    '{{ (split "$" "foo$bar")._1 }}',
    '{{ "3" | atoi }}',
    '{{ "x" | atoi }}',
    '{{ toDecimal "0777" }}',
    '{{ "a" | typeOf }}',
    "{{ 1 | kindOf }}",
]
LOGIC = [
    "{{ if .ClusterValues.yes }}yes{{ else }}no{{ end }}",
    "{{ if .ClusterValues.empty }}x{{ else if .ClusterValues.no }}y{{ else }}z{{ end }}",
    "{{ with .ClusterValues.nested.a }}{{ .b }}{{ end }}",
    "{{ with .ClusterValues.empty }}x{{ else }}none{{ end }}",
    "{{ range .ClusterValues.list }}[{{ . }}]{{ end }}",
    "{{ range $i, $e := .ClusterValues.list }}{{ $i }}={{ $e }};{{ end }}",
    "{{ range $k, $v := .ClusterValues.nested }}{{ $k }};{{ end }}",
    '{{ range .ClusterValues.list }}{{ if eq . "beta" }}{{ break }}{{ end }}{{ . }}{{ end }}',
    '{{ $x := "a" }}{{ $x = "b" }}{{ $x }}{{ $.ClusterName }}{{ .ClusterNamespace }}',
    "{{ eq 1 1 }}",
    '{{ ne "a" "b" }}',
    "{{ lt 1 2 }}",
    '{{ and true "x" }}',
    '{{ or "" "y" }}',
    "{{ not true }}",
    '{{ default "d" .ClusterValues.empty }}',
    '{{ .ClusterValues.text | default "d" }}',
    '{{ coalesce "" "b" }}',
    '{{ ternary "t" "f" .ClusterValues.yes }}',
    "{{ empty .ClusterValues.empty }}",
    "{{ .ClusterValues.nothing }}",
    "{{- .ClusterName -}}   x   {{- .ClusterName }}",
    '{{ index .ClusterLabels "example.com/tier" }}',
    "{{ index .ClusterValues.list 1 }}",
    '{{ hasKey .ClusterLabels "env" }}',
    '{{ hasKey .ClusterLabels "zone" }}',
    '{{ get .ClusterLabels "zone" }}',
    '{{ define "part" }}<{{ . }}>{{ end }}{{ template "part" .ClusterName }}',
]
COLLECTIONS = [
    '{{ .ClusterValues.list | join "," }}',
    "{{ first .ClusterValues.list }}",
    "{{ last .ClusterValues.list }}",
    "{{ rest .ClusterValues.list }}",
    "{{ initial .ClusterValues.list }}",
    "{{ reverse .ClusterValues.list }}",
    '{{ has "beta" .ClusterValues.list }}',
    "{{ len .ClusterValues.list }}",
    '{{ append .ClusterValues.list "x" }}',
    '{{ prepend .ClusterValues.list "x" }}',
    '{{ without .ClusterValues.list "beta" }}',
    "{{ .ClusterValues.list | sortAlpha | reverse | toJson }}",
    "{{ slice .ClusterValues.list 1 2 }}",
    "{{ list 1 2 | uniq }}",
    "{{ until 5 }}",
    "{{ untilStep 3 6 2 }}",
    "{{ seq 3 }}",
    "{{ seq 2 2 6 }}",
    "{{ seq 3 1 }}",
    "{{ list 1 2 }}",
    "{{ tuple 1 }}",
    "{{ .ClusterValues.nested | toJson }}",
    "{{ .ClusterValues | toJson }}",
    "{{ .ClusterValues.nested.list | toJson }}",
    "{{ .ClusterValues.nested | toPrettyJson }}",
    "{{ keys .ClusterValues.nested | sortAlpha }}",
    '{{ dict "a" 1 "b" "x" | toJson }}',
    '{{ (dict "a" "x").a }}',
    '{{ set (dict "a" 1) "b" 2 | toJson }}',
    '{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson }}',
    '{{ mergeOverwrite (dict "a" 1) (dict "a" 2) | toJson }}',
    '{{ pick (dict "a" 1 "b" 2) "a" | toJson }}',
    '{{ omit (dict "a" 1 "b" 2) "a" | toJson }}',
    '{{ dig "a" "b" "none" .ClusterValues.nested }}',
    '{{ dig "q" "none" .ClusterValues.nested }}',
    '{{ pluck "a" (dict "a" 1) (dict "a" 2) }}',
    "{{ concat (list 1) (list 2) }}",
    '{{ compact (list "" "x") }}',
    "{{ .ClusterValues }}",
    "{{ .ClusterValues.nested }}",
    '{{ fromJson "{\\"x\\":1}" }}',
    "{{ deepEqual (list 1) (list 1) }}",
]
NUMBERS = [
    "{{ add 1 2 3 }}",
    "{{ sub 5 2 }}",
    "{{ mul 2 3 }}",
    "{{ div 7 2 }}",
    "{{ mod 7 2 }}",
    "{{ add1 1 }}",
    "{{ max 1 3 2 }}",
    "{{ min 1 3 }}",
    "{{ addf 1.5 2 }}",
    "{{ mulf 1.5 2 }}",
    "{{ divf 3 2 }}",
    "{{ floor 1.7 }}",
    "{{ ceil 1.2 }}",
    "{{ round 1.2345 2 }}",
    "{{ .ClusterValues.whole }}",
    "{{ .ClusterValues.large }}",
    "{{ .ClusterValues.half }}",
    "{{ int .ClusterValues.large }}",
    "{{ int64 .ClusterValues.whole }}",
    '{{ printf "%d" .ClusterValues.whole }}',
    '{{ printf "%v %g" .ClusterValues.half .ClusterValues.large }}',
    "{{ .ClusterValues.numbers }}",
    "{{ 1 }}",
    "{{ 1.0 }}",
    "{{ 1e3 }}",
    "{{ 0x10 }}",
    "{{ 'a' }}",
    "{{ true }}",
    "{{ 9223372036854775807 }}",
    "{{ .ClusterValues.large | int | add 1 }}",
    '{{ float64 "1.5" }}',
    "{{ typeOf .ClusterValues.whole }}",
    "{{ kindOf .ClusterValues.list }}",
    '{{ semverCompare "^1.2.0" "1.3.0" }}',
    '{{ (semver "1.2.3-beta").Major }}',
    '{{ semverCompare ">2" "1.0.0" }}',
    '{{ (urlParse "http://u:p@h:80/p?q=1#f").host }}',
    '{{ urlJoin (dict "host" "h" "path" "p" "scheme" "http") }}',
    '{{ base "a/b.c" }}',
    '{{ dir "a/b.c" }}',
    '{{ ext "a/b.c" }}',
    '{{ clean "a//b/../c" }}',
    '{{ isAbs "/a" }}',
]
GOOD = [*STRINGS, *LOGIC, *COLLECTIONS, *NUMBERS]
BAD = [
    "{{ .ClusterValues.nothing.x }}",
    "{{ .ClusterValues.text.x }}",
    "ü\n  {{ .ClusterValues.nested.a.b.c }}",
    "{{ join 1 2 3 }}",
    '{{ template "missing" . }}',
]
UNPARSABLE = ["{{ nosuch 1 }}", "{{ $x }}", "{{ end }}"]


def rendered_by_helm(*texts: str) -> list[str]:
    """What Go gives for each text, with the context for its dot, as in Fleet."""
    names = {
        f"templates/t{n:03d}.txt": f'{{{{ define "values{n}" }}}}{text}{{{{ end }}}}'
        f'{{{{ template "values{n}" .Values.context }}}}'
        for n, text in enumerate(texts)
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        files = {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\n", **names}
        for name, text in files.items():
            info = tarfile.TarInfo(f"c/{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    with Chart.load_archive(buffer.getvalue()) as chart:
        found = chart.render({"context": VIEW.context()}, name="r", namespace="n")
    return [found.get(f"c/{name}", "") for name in names]


def ours(text: str) -> str:
    return parsed(text.replace("{{", "${").replace("}}", "}")).render(VIEW.context())


@pytest.fixture(scope="module")
def expected() -> dict[str, str]:
    texts = [text for text in GOOD if "define" not in text]
    found = dict(zip(texts, rendered_by_helm(*texts), strict=True))
    return {text: found.get(text, "<cluster-one>") for text in GOOD}


@pytest.mark.parametrize("text", GOOD)
def test_a_template_gives_what_go_gives(text: str, expected: dict[str, Any]) -> None:
    assert ours(text).replace("<no value>", "") == expected[text]  # Helm leaves that out


@pytest.mark.parametrize("text", BAD)
def test_an_error_is_worded_as_in_go(text: str) -> None:
    with pytest.raises(HelmError) as theirs:
        rendered_by_helm(text)
    with pytest.raises(TemplateError) as found:
        ours(text)
    line, column, reason = re.fullmatch(
        r'template: values:(\d+):(\d+): executing "values" (at .*)', str(found.value)
    ).groups()
    shift = len('{{ define "values0" }}') if line == "1" else 0
    wanted = f'c/templates/t000.txt:{line}:{int(column) + shift} executing "values0" {reason}'
    assert " ".join(str(theirs.value).split()) == wanted


@pytest.mark.parametrize("text", UNPARSABLE)
def test_a_text_that_is_no_template_is_refused_as_in_go(text: str) -> None:
    with pytest.raises(TemplateError) as found:
        ours(text)
    reason = str(found.value).removeprefix("template: values:1: ")
    with pytest.raises(HelmError) as theirs:
        rendered_by_helm(text)
    assert reason in str(theirs.value)


def test_a_text_that_may_be_a_secret_is_not_quoted() -> None:
    with pytest.raises(TemplateError) as found:
        ours('{{ semver "s3cr3t" }}')
    assert str(found.value) == (
        'template: values:1:3: executing "values" at <semver "...">:'
        " error calling semver: Invalid Semantic Version"
    )
    for text in ('{{ upper (list "s3cr3t") }}', '{{ join "s3cr3t" }}', '{{ "s3cr3t" | splitList 3 }}'):
        with pytest.raises(TemplateError) as found:
            ours(text)
        assert "s3cr3t" not in str(found.value)


def test_what_helm_words_in_its_own_way_is_worded_as_in_go() -> None:
    with pytest.raises(TemplateError, match=r"^template: values:1: unclosed action$"):
        ours("{{ .ClusterName")
    with pytest.raises(TemplateError) as found:
        ours('{{ fail "no such region" }}')
    assert str(found.value) == (
        'template: values:1:3: executing "values" at <fail "no such region">:'
        " error calling fail: no such region"
    )
    with pytest.raises(TemplateError) as found:
        ours("{{ .ClusterLabels.foo }}")
    assert str(found.value) == (
        'template: values:1:17: executing "values" at <.ClusterLabels.foo>: map has no entry for key "foo"'
    )
