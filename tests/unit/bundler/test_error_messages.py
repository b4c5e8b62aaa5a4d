"""What is wrong with a repository fits on one short line that any terminal, log and record takes."""

import pytest

from fleet.bundler.domain.errors import BadInput
from support.trees import read


def test_a_place_is_path_line_and_field() -> None:
    assert str(BadInput("is bad", path="a/fleet.yaml", line=3, field="helm.chart")) == (
        "a/fleet.yaml:3: helm.chart: is bad"
    )
    assert str(BadInput("is bad", path="a.yaml")) == "a.yaml: is bad"
    assert str(BadInput("is bad")) == "is bad"


def test_names_that_are_not_printable_are_shown_escaped() -> None:
    error = BadInput('no such file "a\nb"', path="\udcff\x1b[31m.yaml", field="helm.\u2028")

    assert str(error) == r'\udcff\x1b[31m.yaml: helm.\u2028: no such file "a\nb"'
    assert error.path == "\udcff\x1b[31m.yaml", "as an attribute it is what it is"
    assert str(BadInput("é ü 世界", path="é.yaml")) == "é.yaml: é ü 世界"


def test_a_name_of_a_megabyte_makes_no_message_of_one() -> None:
    key, name = "k" * (1 << 20), "n" * (1 << 20)
    with pytest.raises(BadInput) as failure:
        read({"fleet.yaml": f"labels:\n  ? {key}\n  : [1]\n", "a.yaml": ""})
    assert str(failure.value).startswith("fleet.yaml:2: labels.kkkk")
    assert len(str(failure.value)) < 2500

    with pytest.raises(BadInput, match="no such file") as failure:
        read({"fleet.yaml": f"helm: {{chart: c, valuesFiles: [{name}]}}", "c/a.yaml": ""})
    assert len(str(failure.value)) < 2500


@pytest.mark.parametrize("number", ["1e300", "1e19", "9223372036854775808"])
def test_a_whole_number_beyond_64_bits_is_refused_as_go_does(number: str) -> None:
    with pytest.raises(BadInput) as failure:
        read({"fleet.yaml": f"helm:\n  timeoutSeconds: {number}\n", "a.yaml": ""})
    assert str(failure.value) == "fleet.yaml:2: helm.timeoutSeconds: must be a whole number of 64 bits"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "helm:\n  version: [1]\n  values: x\npaused: maybe\nlabels: {a: []}\n",
            "x/fleet.yaml:2: helm.version: must be text, is a list (quote it); "
            "and line 3: helm.values: must be a map, is text; "
            "and line 4: paused: must be true or false, is text; "
            "and line 5: labels.a: must be text, is a list (quote it)",
        ),
        (
            "imageScans: [{image: a}]\ndependsOn:\n- {}\n- {name: a, acceptedStates: [Bad]}\n",
            "x/fleet.yaml:1: imageScans: imagescan is disabled; remove imagescans from your config files, or "
            "enable imagescan; and line 3: dependsOn[0]: must specify either 'name' or 'selector'; "
            'and line 4: dependsOn[1].acceptedStates[0]: invalid state "Bad", valid values are: '
            "[Ready NotReady Pending OutOfSync Modified WaitApplied ErrApplied]",
        ),
        (
            "helm: {releaseName: A}\nname: B\ntargetCustomizationMode: All\n",
            "x/fleet.yaml:1: helm.releaseName: must be a DNS name in lower case of at most 53 characters; "
            "and line 2: name: must be a DNS name in lower case of at most 253 characters; "
            "and line 3: targetCustomizationMode: must be FirstMatch or AllMatches",
        ),
    ],
)
def test_all_mistakes_of_one_sort_in_a_file_are_told_at_once(text: str, message: str) -> None:
    with pytest.raises(BadInput) as raised:
        read({"x/fleet.yaml": text, "x/a.yaml": ""})

    assert str(raised.value) == message


def test_of_very_many_mistakes_the_first_are_told() -> None:
    with pytest.raises(BadInput) as raised:
        read({"x/fleet.yaml": "helm:\n  valuesFiles:\n" + "  - []\n" * 100_000, "x/a.yaml": ""})

    assert str(raised.value).count("must be text") == 10
    assert str(raised.value).endswith("; and more")
