"""The servers that the conformance suite runs against: a pocket cluster, and any other that is named.

`FLEET_CONFORMANCE_KUBECONFIG` may name the kubeconfig of a cluster that tests may write to; the suite then
runs against both.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleet.kube import KubeClient
from support.pocket import pocket

Object = dict[str, Any]


def servers() -> list[str]:
    """`pocket`, and the path of the other kubeconfig."""
    other = os.environ.get("FLEET_CONFORMANCE_KUBECONFIG")
    return ["pocket", other] if other else ["pocket"]


@dataclass(frozen=True, slots=True)
class Scene:
    """A client of a server, and a namespace of the test's own."""

    client: KubeClient
    namespace: str

    def config_map(self, name: str, data: dict[str, str] | None = None, **metadata: Any) -> Object:
        """A ConfigMap in the test's namespace."""
        named = {"name": name, "namespace": self.namespace, **metadata}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": data or {}}

    def deployment(self, name: str, image: str = "registry.example/web:1", **pod: Any) -> Object:
        """A Deployment of one container in the test's namespace; `pod` is added to its pods' spec."""
        labels = {"app": name}
        container = {"name": "web", "image": image, "ports": [{"containerPort": 80}]}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], **pod}},
            },
        }

    async def create(self, obj: Object) -> Object:
        """Make an object."""
        return await self.client.create(obj, field_manager="test")

    async def get(self, obj: Object) -> Object:
        """The present state of an object."""
        metadata = obj["metadata"]
        return await self.client.get(
            obj["apiVersion"], obj["kind"], metadata["name"], namespace=metadata.get("namespace")
        )

    async def patch(self, obj: Object, patch: Any, **options: Any) -> Object:
        """Change an object."""
        metadata = obj["metadata"]
        return await self.client.patch(
            obj["apiVersion"],
            obj["kind"],
            metadata["name"],
            patch,
            namespace=metadata.get("namespace"),
            field_manager="test",
            **options,
        )

    async def delete(self, obj: Object, **options: Any) -> bool:
        """Delete an object."""
        metadata = obj["metadata"]
        return await self.client.delete(
            obj["apiVersion"], obj["kind"], metadata["name"], namespace=metadata.get("namespace"), **options
        )


@asynccontextmanager
async def scene(server: str, folder: Path) -> AsyncIterator[Scene]:
    """A server, a client and a namespace, which is deleted at the end."""
    if server == "pocket":
        async with pocket(folder, "conformance") as served, _scene(served.kubeconfig("conformance")) as made:
            yield made
    else:
        async with _scene(Path(server)) as made:
            yield made


@asynccontextmanager
async def _scene(kubeconfig: str | Path) -> AsyncIterator[Scene]:
    async with await KubeClient.from_kubeconfig(kubeconfig) as client:
        wanted = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "conformance-"}}
        made = await client.create(wanted, field_manager="test")
        namespace = made["metadata"]["name"]
        try:
            yield Scene(client, namespace)
        finally:
            await client.delete("v1", "Namespace", namespace)


def definition(plural: str, kind: str, group: str) -> Object:
    """A CustomResourceDefinition with a default, required fields, bounds, an enum, a map list, a status."""
    target = {
        "type": "object",
        "required": ["name"],
        "properties": {"name": {"type": "string"}, "v": {"type": "string"}},
    }
    spec = {
        "type": "object",
        "required": ["repo"],
        "properties": {
            "repo": {"type": "string", "minLength": 1},
            "count": {"type": "integer", "default": 3, "minimum": 0},
            "mode": {"type": "string", "enum": ["fast", "safe"]},
            "targets": {
                "type": "array",
                "items": target,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
            },
        },
    }
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [{"name": "Repo", "type": "string", "jsonPath": ".spec.repo"}],
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
    }
    names = {"plural": plural, "singular": kind.lower(), "kind": kind}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
