"""How kubectl, Helm and an agent reach a pocket cluster."""

from __future__ import annotations

import json


def kubeconfig(server: str, name: str) -> str:
    """A kubeconfig for a server that asks for no credentials, as JSON text, which is YAML, too.

    Written here and not by the pocket clusters' library, which would bring an HTTP server into the
    supervisor's memory.
    """
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server}}],
        "users": [{"name": name, "user": {}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
    }
    return json.dumps(document, indent=2) + "\n"
