"""The defaults of pods and of the templates they are made from."""

from typing import Any

Object = dict[str, Any]

NODE = "pocket"


def default_template(template: Object | None) -> None:
    """Fill in the pod template of a workload, if it has one."""
    if template is not None:
        template.setdefault("metadata", {})
        _pod_spec(template.setdefault("spec", {}))


def default_pod(obj: Object) -> None:
    """Fill in a pod, and put it on the node."""
    spec = obj["spec"]
    _pod_spec(spec)
    spec.setdefault("serviceAccountName", "default")
    spec.setdefault("serviceAccount", spec["serviceAccountName"])
    spec.setdefault("enableServiceLinks", True)
    spec.setdefault("nodeName", NODE)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    tolerations = spec.setdefault("tolerations", [])
    for trouble in ("not-ready", "unreachable"):
        key = f"node.kubernetes.io/{trouble}"
        if not any(toleration.get("key") == key for toleration in tolerations):
            tolerations.append(
                {"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300}
            )


def _pod_spec(spec: Object) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if account := spec.get("serviceAccountName"):
        spec.setdefault("serviceAccount", account)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        _container(container)
    for volume in spec.get("volumes") or ():
        for item in (volume.get("downwardAPI") or {}).get("items") or ():
            _field_reference(item)
        if isinstance(path := volume.get("hostPath"), dict):
            path.setdefault("type", "")
        for source in ("configMap", "secret", "projected", "downwardAPI"):
            if isinstance(volume.get(source), dict):
                volume[source].setdefault("defaultMode", 0o644)


def _container(container: Object) -> None:
    image = str(container.get("image") or "")
    latest = image.rsplit("/", 1)[-1].partition(":")[2] in ("", "latest") and "@" not in image
    container.setdefault("imagePullPolicy", "Always" if latest else "IfNotPresent")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(probe := container.get(name), dict):
            _probe(probe)
    for hook in (container.get("lifecycle") or {}).values():
        _http_get(hook)
    for variable in container.get("env") or ():
        _field_reference(variable.get("valueFrom") or {})


def _probe(probe: Object) -> None:
    for name, value in (
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ):
        probe.setdefault(name, value)
    _http_get(probe)


def _http_get(handler: Object) -> None:
    if isinstance(get := handler.get("httpGet"), dict):
        get.setdefault("path", "/")
        get.setdefault("scheme", "HTTP")


def _field_reference(source: Object) -> None:
    if isinstance(reference := source.get("fieldRef"), dict):
        reference.setdefault("apiVersion", "v1")
