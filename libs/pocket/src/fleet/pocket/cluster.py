"""One pocket cluster: what its API does with objects, without HTTP."""

import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from . import deletion, managers
from .admission import check_apply, check_fields, check_identity, complete
from .apply import apply
from .controllers import Controllers
from .errors import ApiError, already_exists, bad_request, conflict, forbidden, invalid, not_found
from .fieldset import fields_of
from .managers import Owner, Ownership
from .reading import Page, in_version, page
from .registry import DEFINITIONS, Registry
from .resources import Resource
from .revision import Revision, next_generation
from .seeds import seed
from .store import Change, Entry, Journal, Key, Store
from .writes import Options, Written

Object = dict[str, Any]

SUFFIX = "bcdfghjklmnpqrstvwxz2456789"


def timestamp() -> str:
    """The present second as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Cluster:
    """The objects of one cluster and the verbs on them; every verb raises `ApiError` for what a server
    refuses.
    """

    def __init__(self, *, name: str, journal: Journal, on_work: Callable[[], None] = lambda: None) -> None:
        self.name = name
        self.registry = Registry()
        self.store = Store(journal=journal)
        self.controllers = Controllers(cluster=self, on_work=on_work)
        for entry in list(self.store.table(DEFINITIONS).entries.values()):
            self.registry.define(entry.object())
        self.store.on_change = self._changed
        seed(self)
        self.controllers.resume()

    def settle(self) -> None:
        """Do everything that controllers and kubelet have to do now; a server calls it soon after each
        write.
        """
        self.controllers.run()

    def _changed(self, change: Change) -> None:
        if change.table == DEFINITIONS:
            if change.sort == "DELETED":
                self.registry.undefine(change.key.name)
            else:
                self.registry.define(change.entry.object())
        self.controllers.notice(change)

    @staticmethod
    def now() -> str:
        """The present second as Kubernetes writes it."""
        return timestamp()

    # reading

    def entry(self, resource: Resource, namespace: str, name: str) -> Entry:
        """The object; 404 when there is none."""
        found = self.store.get(resource.table, self.key(resource, namespace, name))
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        return found

    def page(self, resource: Resource, namespace: str, query: Mapping[str, str]) -> Page:
        """A page of a list."""
        return page(self.store, resource, namespace, query)

    @staticmethod
    def key(resource: Resource, namespace: str, name: str) -> Key:
        """Where an object of this resource is kept."""
        return Key(namespace if resource.namespaced else "", name)

    # writing

    def create(
        self,
        resource: Resource,
        namespace: str,
        obj: Any,
        options: Options,
        ownership: Ownership | None = None,
    ) -> Written:
        """Make a new object; `ownership` is given by an apply that creates."""
        obj = check_identity(resource, obj, namespace, "")
        metadata = obj["metadata"]
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        self._check_namespace(resource, namespace)
        if not metadata.get("name"):
            metadata["name"] = self._generated(resource, metadata)
        key = self.key(resource, namespace, metadata["name"])
        if self.store.get(resource.table, key):
            raise already_exists(resource.plural, resource.group, key.name)
        for name in (
            "managedFields",
            "generation",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "selfLink",
        ):
            metadata.pop(name, None)
        if resource.status:
            obj.pop("status", None)
        metadata["uid"] = str(uuid.uuid4())
        metadata["creationTimestamp"] = timestamp()
        warnings = check_fields(resource, obj, options.validation)
        complete(resource, obj, None)
        deletion.arm(resource, obj, metadata["creationTimestamp"])
        if generation := next_generation(resource, None, obj):
            metadata["generation"] = generation
        if ownership is None:
            ownership = self._tracked(resource, {}, obj, {}, options)
        self._stamp(resource, obj, ownership)
        if options.dry_run:
            return Written(orjson.dumps(obj), created=True, warnings=warnings)
        entry = self.store.put(resource.table, key, obj)
        return Written(in_version(entry, resource), created=True, warnings=warnings)

    def replace(
        self, resource: Resource, namespace: str, name: str, obj: Any, options: Options, *, whole: bool = True
    ) -> Written:
        """Put an object in the place of another; `whole` means that a client sent it, rather than a patch."""
        before = self.entry(resource, namespace, name).object()
        obj = check_identity(resource, obj, namespace, name)
        if whole and resource.custom and not obj["metadata"].get("resourceVersion"):
            causes = [deletion.must_be_specified()]
            raise invalid(resource.kind, resource.group, name, causes)
        sent = obj["metadata"].get("managedFields")
        ownership = managers.read(before["metadata"])
        if sent is not None and sent != before["metadata"].get("managedFields"):
            ownership = managers.read({"managedFields": sent})
        revision = Revision(before, obj, options.subresource)
        return self._write(resource, name, revision, options, ownership, tracked=True)

    def patch(
        self, resource: Resource, namespace: str, name: str, change: Callable[[Object], Any], options: Options
    ) -> Written:
        """Replace an object by what `change` makes of it."""
        entry = self.entry(resource, namespace, name)
        present = orjson.loads(in_version(entry, resource))
        patched = change(present)
        return self.replace(resource, namespace, name, patched, options, whole=False)

    def apply(self, resource: Resource, namespace: str, name: str, config: Any, options: Options) -> Written:
        """Server-side apply: create the object, or merge the manager's opinion into it."""
        config = check_identity(resource, config, namespace, name)
        if config["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        check_apply(resource, config)
        if not options.subresource:
            if resource.status:
                config.pop("status", None)
        else:
            config = {**config, "metadata": {"name": name}}
            config = {k: v for k, v in config.items() if k in ("apiVersion", "kind", "metadata", "status")}
        who = Owner(options.manager, "Apply", options.subresource)
        now = timestamp()
        found = self.store.get(resource.table, self.key(resource, namespace, name))
        if found is None:
            return self._apply_new(resource, namespace, config, options, who, now)
        before = found.object()
        version = config["metadata"].pop("resourceVersion", None)
        merged = apply(
            live=found.object(),
            config=config,
            ownership=managers.read(before["metadata"]),
            who=who,
            force=options.force,
            schema=resource.schema,
            now=now,
        )
        merged.object["metadata"]["resourceVersion"] = version or before["metadata"]["resourceVersion"]
        merged.object["apiVersion"] = resource.api_version
        revision = Revision(before, merged.object, options.subresource)
        return self._write(resource, name, revision, options, merged.ownership, tracked=False)

    def _apply_new(
        self, resource: Resource, namespace: str, config: Object, options: Options, who: Owner, now: str
    ) -> Written:
        name = config["metadata"]["name"]
        if options.subresource or config["metadata"].get("uid"):
            raise not_found(resource.plural, resource.group, name)
        owned = managers.Owned(fields_of(config, resource.schema), now)
        return self.create(resource, namespace, config, options, {who: owned})

    def _write(
        self,
        resource: Resource,
        name: str,
        revision: Revision,
        options: Options,
        ownership: Ownership,
        *,
        tracked: bool,
    ) -> Written:
        before = revision.before
        key = Key(before["metadata"].get("namespace", ""), name)
        revision.check_preconditions(resource, name)
        obj = revision.merged(resource)
        warnings = check_fields(resource, obj, options.validation)
        complete(resource, obj, before)
        if generation := next_generation(resource, before, obj):
            obj["metadata"]["generation"] = generation
        if tracked:
            ownership = self._tracked(resource, before, obj, ownership, options)
        if managers.same(ownership, managers.read(before["metadata"])):
            obj["metadata"]["managedFields"] = before["metadata"].get("managedFields")
        else:
            obj["metadata"]["managedFields"] = managers.write(ownership, resource.api_version)
        if not obj["metadata"]["managedFields"]:
            del obj["metadata"]["managedFields"]
        obj["apiVersion"] = resource.stored_as or resource.api_version
        obj["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"]
        if obj == before or options.dry_run:
            return Written(orjson.dumps({**obj, "apiVersion": resource.api_version}), False, warnings)
        if deletion.is_due(obj):
            entry = self.store.remove(resource.table, key, obj)
        else:
            entry = self.store.put(resource.table, key, obj)
        return Written(in_version(entry, resource), False, warnings)

    def _tracked(
        self, resource: Resource, before: Object, after: Object, ownership: Ownership, options: Options
    ) -> Ownership:
        return managers.track_update(
            before=before,
            after=after,
            ownership=ownership,
            who=Owner(options.manager, "Update", options.subresource),
            schema=resource.schema,
            now=timestamp(),
        )

    def _stamp(self, resource: Resource, obj: Object, ownership: Ownership) -> None:
        if entries := managers.write(ownership, resource.api_version):
            obj["metadata"]["managedFields"] = entries
        obj["apiVersion"] = resource.stored_as or resource.api_version

    def _check_namespace(self, resource: Resource, namespace: str) -> None:
        if not resource.namespaced:
            return
        found = self.store.get("namespaces", Key("", namespace))
        if found is None:
            raise not_found("namespaces", "", namespace)
        if found.object()["metadata"].get("deletionTimestamp"):
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = {"reason": "NamespaceTerminating", "message": f"namespace {namespace} is being terminated", "field": "metadata.namespace"}  # fmt: skip  # noqa: E501
            raise forbidden(resource.plural, resource.group, "", why, causes=[cause])

    def _generated(self, resource: Resource, metadata: Object) -> str:
        prefix = metadata.get("generateName")
        if not prefix:
            causes = [deletion.name_required()]
            raise invalid(resource.kind, resource.group, "", causes)
        return str(prefix)[:58] + "".join(secrets.choice(SUFFIX) for _ in range(5))

    # deleting

    def delete(
        self, resource: Resource, namespace: str, name: str, options: deletion.DeleteOptions
    ) -> Entry | None:
        """Delete an object, or mark it when something holds it; None when it is gone, else what is left."""
        entry = self.entry(resource, namespace, name)
        before = entry.object()
        key = self.key(resource, namespace, name)
        metadata = before["metadata"]
        if options.uid not in (None, metadata["uid"]):
            found = metadata["uid"]
            why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {found}"
            raise conflict(resource.plural, resource.group, name, why)
        if options.version not in (None, metadata["resourceVersion"]):
            raise conflict(resource.plural, resource.group, name)
        if resource.table == "namespaces" and name in ("default", "kube-system", "kube-public"):
            raise forbidden("namespaces", "", name, "this namespace may not be deleted")
        if options.dry_run:
            return None
        obj = deletion.marked(resource, before, options.propagation, timestamp())
        if options.propagation == "Orphan":
            self.controllers.orphan(metadata["uid"])
        if not deletion.is_due(obj):
            return self.store.put(resource.table, key, obj) if obj != before else entry
        self.store.remove(resource.table, key, obj)
        return None

    def delete_collection(
        self, resource: Resource, namespace: str, query: Mapping[str, str], options: deletion.DeleteOptions
    ) -> Page:
        """Delete everything that a query selects; returns what it was."""
        chosen = self.page(resource, namespace, query)
        for key, _ in chosen.entries:
            try:
                self.delete(resource, key.namespace, key.name, options)
            except ApiError as error:
                if error.code != 404:
                    raise
        return chosen
