"""Bundle objects that people declare: what Kubernetes would refuse in them is refused with its field."""

from typing import Any

import pytest

from fleet.bundler.domain.declared import declared_bundle
from fleet.bundler.domain.errors import BadInput

_FILES = [{"name": "a.yaml", "content": "a: 1\n"}]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"targetCustomizationMode": "Any"}, "targetCustomizationMode: must be FirstMatch or AllMatches"),
        ({"helm": {"releaseName": "Web"}}, "helm.releaseName: must be a DNS name in lower case"),
        (
            {"targets": [{}, {"helm": {"releaseName": "a_b"}}]},
            "targets[1].helm.releaseName: must be a DNS name",
        ),
    ],
)
def test_a_value_that_kubernetes_refuses_is_refused_with_its_field(spec: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as refused:
        declared_bundle("web", {}, spec | {"resources": _FILES})
    assert str(refused.value).startswith(told)


def test_what_kubernetes_takes_is_taken() -> None:
    spec = {"targetCustomizationMode": "AllMatches", "helm": {"releaseName": "web.1"}}
    found = declared_bundle("web", {}, spec | {"resources": _FILES}).spec
    assert {key: found[key] for key in spec} == spec
