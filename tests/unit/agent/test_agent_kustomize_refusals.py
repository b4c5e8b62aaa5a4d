"""What Kustomize refuses is told with its kind, file and field, and never with what a file holds."""

import pytest

from fleet.agent.domain.refusals import refusal

SECRET = "hunter2"
QUOTED = (
    f"error: loading KV pairs: literal sources [{SECRET}]: invalid literal source {SECRET}",
    f"error: trouble configuring builtin PatchTransformer with config: `\npatch: {SECRET}\n`: no",
    f'error: unable to find field "data.k.no" in replacement target: wrong node kind: \n{SECRET}',
    f"error: loading KV pairs: env source files: [a.env]: invalid variable name {SECRET}",
    f"error: accumulating resources: accumulation err='accumulating resources from 'kind: {SECRET}/a.b'",
    f"error: accumulating resources from 'https://user:{SECRET}@example.org/a.git': no such host",
    f"error: invalid Kustomization: json: cannot unmarshal number {SECRET} into Go field K.a",
    f"error: configmap x illegally repeats the key `{SECRET}`",
    f"error: something that is new: {SECRET}",
)
KNOWN = {
    "error: accumulating resources: accumulation err='accumulating resources from 'a.yaml': evalsymlink"
    " failure on '/x' : lstat /x: no such file or directory'": "a.yaml: no such file or directory",
    "error: trouble configuring builtin PatchTransformer with config: `\npath: no.yaml\n`: failed to get the"
    " patch file from path(no.yaml): evalsymlink failure on '/x/no.yaml' : lstat /x/no.yaml: no such file or"
    " directory": "no.yaml: a patch is not there",
    'error: invalid Kustomization: json: unknown field "foo"': "unknown field foo",
    "error: invalid Kustomization: json: cannot unmarshal string into Go struct field K.images of type []x": (
        "K.images cannot be of type string"
    ),
    "error: may be: accumulating resources from 'b/a.yaml': may not add resource with an already registered"
    " id: ConfigMap.v1.[noGrp]/a.[noNs]": "b/a.yaml: ConfigMap.v1.[noGrp]/a.[noNs] is there twice",
}


@pytest.mark.parametrize("stderr", QUOTED)
def test_nothing_that_kustomize_quotes_is_told(stderr: str) -> None:
    told = refusal(stderr, "prod")
    assert SECRET not in told
    assert told.endswith("`kubectl kustomize prod` where the files are says more")


@pytest.mark.parametrize(("stderr", "told"), KNOWN.items())
def test_a_known_error_names_its_file_or_field(stderr: str, told: str) -> None:
    assert refusal(stderr, "") == f"{told}; `kubectl kustomize .` where the files are says more"
