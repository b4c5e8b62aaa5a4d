"""What goes on in a cluster by itself: statuses, garbage, the end of namespaces and definitions."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import deletion
from .errors import ApiError
from .kubelet import next_revision, report
from .registry import DEFINITIONS
from .resources import Resource
from .store import Change, Key
from .writes import Options

if TYPE_CHECKING:
    from .cluster import Cluster

Object = dict[str, Any]
Work = tuple[str, Key]

MANAGER = "kube-controller-manager"
_REFERRED = frozenset({"configmaps", "secrets", "serviceaccounts", "persistentvolumeclaims"})
_REPORTED = frozenset(
    [
        "deployments.apps",
        "statefulsets.apps",
        "daemonsets.apps",
        "replicasets.apps",
        "jobs.batch",
        "pods",
        "services",
        "persistentvolumeclaims",
        "replicationcontrollers",
    ]
)


class Controllers:
    """A queue of objects to look at again; every look works from the present state and may be repeated."""

    def __init__(self, *, cluster: "Cluster", on_work: Callable[[], None]) -> None:
        self._cluster = cluster
        self._on_work = on_work
        self._queue: dict[Work, None] = {}
        self._waiting: dict[str, set[Work]] = {}

    def resume(self) -> None:
        """Look at everything once, after a start."""
        for work in self._cluster.store.everything():
            self._add(work)

    def notice(self, change: Change) -> None:
        """Queue whatever a change may concern."""
        work = (change.table, change.key)
        if change.sort == "DELETED":
            self._waiting.get(change.key.namespace, set()).discard(work)
            for dependent in self._cluster.store.owned_by(change.entry.uid):
                self._add(dependent)
            self._notice_holders(change)
        elif (
            change.table in _REPORTED
            or change.table in ("namespaces", DEFINITIONS)
            or change.entry.owners
            or b'"deletionTimestamp"' in change.entry.body
        ):
            self._add(work)
        if change.table in _REFERRED:
            for waiting in self._waiting.get(change.key.namespace, ()):
                self._add(waiting)
        elif change.table == "storageclasses.storage.k8s.io":
            for waiting in [work for works in self._waiting.values() for work in works]:
                self._add(waiting)

    def _notice_holders(self, change: Change) -> None:
        if change.key.namespace:
            self._add(("namespaces", Key("", change.key.namespace)))
        if "." in change.table:
            self._add((DEFINITIONS, Key("", change.table)))
        for owner in change.entry.owners:
            if found := self._cluster.store.place_of(owner):
                self._add(found)

    def _add(self, work: Work) -> None:
        if not self._queue:
            self._on_work()
        self._queue[work] = None

    def run(self) -> None:
        """Work until there is nothing to do."""
        while self._queue:
            work = next(iter(self._queue))
            del self._queue[work]
            self._look(*work)

    def orphan(self, owner: str) -> None:
        """Let the dependents of an object live on without it."""
        for table, key in self._cluster.store.owned_by(owner):
            entry = self._cluster.store.get(table, key)
            if entry is None:
                continue
            obj = entry.object()
            left = [o for o in obj["metadata"]["ownerReferences"] if o["uid"] != owner]
            obj["metadata"]["ownerReferences"] = left
            if not left:
                del obj["metadata"]["ownerReferences"]
            self._cluster.store.put(table, key, obj)

    def _look(self, table: str, key: Key) -> None:
        entry = self._cluster.store.get(table, key)
        try:
            resource = self._cluster.registry.of_table(table)
        except KeyError:
            return
        if entry is None:
            return
        obj = entry.object()
        if "deletionTimestamp" in obj["metadata"]:
            self._finish(resource, key, obj)
        elif entry.owners and not any(self._cluster.store.is_alive(uid) for uid in entry.owners):
            self._delete(table, key)
        elif table == "namespaces":
            self._equip(key.name)
        elif table in _REPORTED:
            self._report(resource, key, obj)

    def _equip(self, namespace: str) -> None:
        if self._cluster.store.get("serviceaccounts", Key(namespace, "default")) is None:
            accounts = self._cluster.registry.find("", "v1", "serviceaccounts")
            self._cluster.create(
                accounts, namespace, {"metadata": {"name": "default"}}, Options(manager=MANAGER)
            )

    def _finish(self, resource: Resource, key: Key, obj: Object) -> None:
        metadata, store = obj["metadata"], self._cluster.store
        finalizers = metadata.get("finalizers") or []
        if resource.table == "namespaces":
            for work in list(store.within(key.name)):
                self._delete(*work)
            if not any(store.within(key.name)):
                self._release(
                    resource, key, {**obj, "spec": {**(obj.get("spec") or {}), "finalizers": []}}, ""
                )
        elif deletion.INSTANCES in finalizers:
            instances = key.name
            for instance in list(store.table(instances).entries):
                self._delete(instances, instance)
            if not store.table(instances).entries:
                self._release(resource, key, obj, deletion.INSTANCES)
        elif deletion.FOREGROUND in finalizers:
            for work in store.owned_by(metadata["uid"]):
                self._delete(*work)
            if not store.owned_by(metadata["uid"]):
                self._release(resource, key, obj, deletion.FOREGROUND)

    def _release(self, resource: Resource, key: Key, obj: Object, finalizer: str) -> None:
        left = [name for name in obj["metadata"].get("finalizers") or () if name != finalizer]
        metadata = {k: v for k, v in obj["metadata"].items() if k != "finalizers"}
        obj = {**obj, "metadata": {**metadata, "finalizers": left} if left else metadata}
        if deletion.is_due(obj):
            self._cluster.store.remove(resource.table, key, obj)
        else:
            self._cluster.store.put(resource.table, key, obj)

    def _delete(self, table: str, key: Key) -> None:
        try:
            resource = self._cluster.registry.of_table(table)
            self._cluster.delete(resource, key.namespace, key.name, deletion.DeleteOptions())
        except (ApiError, KeyError):
            # Gone already, or of a kind that is served no more.
            return

    def _report(self, resource: Resource, key: Key, obj: Object) -> None:
        found = report(obj, self._find, self._cluster.now())
        if found is None:
            return
        status, blocked = found
        waiting = self._waiting.setdefault(key.namespace, set())
        if blocked:
            waiting.add((resource.table, key))
        else:
            waiting.discard((resource.table, key))
        self._annotate(resource, key, obj, bound=not blocked)
        if status != obj.get("status"):
            options = Options(manager=MANAGER, subresource="status")
            self._cluster.patch(resource, *key, lambda present: {**present, "status": status}, options)

    def _annotate(self, resource: Resource, key: Key, obj: Object, *, bound: bool) -> None:
        """What controllers write beside the status: a Deployment's revision, a claim's volume, a pod's
        node.
        """
        if resource.kind == "Deployment":
            change = next_revision(obj)
        elif resource.kind == "PersistentVolumeClaim" and bound and not obj["spec"].get("volumeName"):
            change = {"spec": {**obj["spec"], "volumeName": f"pvc-{obj['metadata']['uid']}"}}
        else:
            return
        if change:
            self._cluster.patch(
                resource, *key, lambda present: {**present, **change}, Options(manager=MANAGER)
            )

    def _find(self, table: str, namespace: str, name: str) -> Object | None:
        entry = self._cluster.store.get(table, Key(namespace, name))
        return entry.object() if entry else None
