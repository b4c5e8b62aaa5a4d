"""What templates may cost: text that asks for too much fails soon, and for its cluster alone."""

import time

import pytest

from fleet.targeter.domain.preparing import ClusterView
from fleet.targeter.domain.templating import TemplateError, parsed
from fleet.targeter.domain.templating.bounds import LARGEST

VIEW = ClusterView("ns", "c", {"env": "dev"}, {}, {"list": ["a"]})
GREEDY = {
    "a long text": '${ repeat 1000000000 "x" }',
    "a long list": "${ range until 1000000000 }x${ end }",
    "a list by steps": "${ untilStep 0 1000000000 1 | len }",
    "a sequence": "${ seq 1000000000 }",
    "a deep indent": '${ indent 1000000000 "x" }',
    "a wide format": '${ printf "%1000000000d" 1 }',
    "a width that is computed": '${ printf "%*d" 1000000000 1 }',
    "a text doubled": '${ $s := "aa" }${ range until 60 }${ $s = cat $s $s }${ end }',
    "a text multiplied": '${ $s := "aaaaaaaaa" }${ range until 60 }${ $s = replace "a" $s $s }${ end }',
    "a separator": '${ $s := repeat 9999 "x" }${ join $s (until 9999) | len }',
    "a list in itself": "${ $x := list 1 }${ range until 60 }${ $x = list $x $x }${ end }${ $x }",
    "a map in itself": '${ $d := dict }${ $_ := set $d "a" $d }${ $d }',
    "many rounds": "${ range 100000000 }x${ end }",
    "rounds in rounds": "${ range until 9999 }${ range until 9999 }${ end }${ end }",
    "calls without an end": '${ define "x" }${ template "x" . }${ end }${ template "x" . }',
    "a slow pattern": '${ regexMatch "(x+)+y" (repeat 900000 "x") }',
    "much text": "${ range until 2000 }" + "x" * 1000 + "${ end }",
    "deep parentheses": "${ " + "(" * 5000 + "1" + ")" * 5000 + " }",
    "a long template": "x" * (LARGEST + 1),
}


@pytest.mark.parametrize("text", GREEDY.values(), ids=GREEDY.keys())
def test_what_asks_for_too_much_is_refused(text: str) -> None:
    before = time.process_time()
    with pytest.raises(TemplateError, match="template: values"):
        parsed(text).render(VIEW.context())
    assert time.process_time() - before < 10  # seconds; nobody knows how busy the machine is


def test_a_template_changes_nothing_for_the_next_rendering() -> None:
    template = parsed('${ $_ := set .ClusterValues "n" "x" }${ .ClusterValues.n }')
    context = VIEW.context()
    assert template.render(context) == "x"
    assert context == VIEW.context()


@pytest.mark.parametrize("name", ["now", "uuidv4", "randAlpha 5", 'env "HOME"', 'getHostByName "x"', "genCA"])
def test_what_answers_differently_each_time_or_looks_around_is_not_there(name: str) -> None:
    with pytest.raises(TemplateError, match=f'function "{name.split()[0]}" not defined'):
        parsed(f"${{ {name} }}")
