"""What of Kustomize's complaints may be shown: kinds of errors, files and fields, never what a file holds.

Kustomize quotes the literals of generators, whole patches and nodes of Secrets. So nothing of its text
passes as it is: only shapes that are known are told again, in words that can quote no value.
"""

import re

_FILE = r"(?P<file>(?=[^']*[./])[\w./-]{1,300})"
_ID = r"(?P<id>[\w.\[\]~/-]{1,300})"
_FROM = rf"(?:accumulating|merging) resources from '{_FILE}'"
_KNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), told)
    for pattern, told in (
        (r"invalid literal source", "a literal of a generator is not of the form key=value"),
        (
            r"loading KV pairs: (?:file|env) source.*no such file",
            "a generator's file is not there",
        ),
        (r"loading KV pairs", "what a generator shall read cannot be used"),
        (r"illegally repeats the key", "a generator names one key twice"),
        (
            r"merging from generator .* does not exist",
            "a generator merges into what is not there",
        ),
        (
            rf"failed to get the patch file from path\({_FILE}\): .*no such file",
            "{file}: a patch is not there",
        ),
        (
            r"^trouble configuring builtin (?P<name>\w+) with config",
            "{name}: what it is configured with cannot be used",
        ),
        (r"in replacement target", "a replacement does not fit its target"),
        (r"in replacement source", "a replacement does not fit its source"),
        (r"no resource matches strategic merge patch", "a patch is for an object that is not there"),
        (r"failed to find unique target for patch", "a patch fits no object, or more than one"),
        (r'^invalid Kustomization: json: unknown field "(?P<name>\w{1,100})"$', "unknown field {name}"),
        (
            r"^invalid Kustomization: json: cannot unmarshal (?P<kind>string|number|object|array|bool)"
            r"(?: \S+)? into Go struct field (?P<name>[\w.]{1,200}) of type",
            "{name} cannot be of type {kind}",
        ),
        (r"cycle detected", "kustomizations name each other in a circle"),
        (r"unable to find one of 'kustomization\.yaml'", "a folder that it names has no kustomization.yaml"),
        (
            rf"{_FROM}: may not add resource .* registered id: {_ID}",
            "{file}: {id} is there twice",
        ),
        (rf"{_FROM}: missing metadata\.name", "{file}: an object has no metadata.name"),
        (rf"{_FROM}: missing Resource metadata", "{file}: an object has no metadata"),
        (rf"{_FROM}: evalsymlink failure.*no such file", "{file}: no such file or directory"),
        (rf"{_FROM}: MalformedYAMLError", "{file}: MalformedYAMLError: it is no YAML"),
        (rf"{_FROM}", "{file} cannot be used"),
        (r"^accumulating components", "a component cannot be used"),
        (r"^accumulating resources", "a resource cannot be used; all of them must be files of the bundle"),
        (r"^invalid Kustomization: yaml: ", "the kustomization is no YAML"),
    )
)


def refusal(stderr: str, directory: str) -> str:
    """What Kustomize refuses and how to see all of it, without anything that may be a value.

    Args:
        stderr: what it printed.
        directory: the kustomization's folder in the bundle, `""` for the root.
    """
    text = " ".join(stderr.strip().removeprefix("error: ").split())
    return f"{_told(text)}; `kubectl kustomize {directory or '.'}` where the files are says more"


def _told(text: str) -> str:
    for pattern, told in _KNOWN:
        if found := pattern.search(text):
            return told.format_map(found.groupdict())
    return "Kustomize refuses it, and what it says may quote a value"
