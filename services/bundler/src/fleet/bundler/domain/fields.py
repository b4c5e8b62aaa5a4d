"""What every field of fleet.yaml means: one table, of which the JSON Schema and the documentation are made.

A name is that of the field at the top level; `target.` stands for the fields that only targets and
customizations have, `selector.` for those of every label selector. Lists are passed through with `[]`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleet.bundler.domain.bundle import MODES
from fleet.bundler.domain.fleetyaml import STATES


@dataclass(frozen=True, slots=True)
class Field:
    """A field in words. `default` is what holds without it, `wins` what is stronger or weaker, `fleet` what
    Fleet does with it that is not obvious; `values` are all that it may have, where those are few.
    """

    text: str
    default: str = ""
    wins: str = ""
    fleet: str = ""
    values: tuple[str, ...] = ()


_REPO_WINS = "the GitRepo's, where it is set, replaces it"
_REPO_ADDS = "true in the GitRepo or here is true"
_HANDED_DOWN = "a customization without it gets the bundle's"
_FIRST = "a customization's replaces the bundle's"
_MERGED = "a customization's is merged over the bundle's"
_APPENDED = "a customization's come behind the bundle's"
_INTERNAL = "written by Fleet itself; what stands here is overwritten"
_ONLY_BUNDLE = "only of the bundle as a whole"

FIELDS: Mapping[str, Field] = {
    # What only the file has
    "name": Field(
        "Name of the bundle, taken as it stands.",
        "made of the GitRepo's name and the folder, at most 53 characters, with a hash where needed",
        fleet="without it, a folder that is moved becomes another bundle, and its release is installed anew",
    ),
    "labels": Field(
        "Labels of the bundle, which dependsOn and others select it by.",
        "none but the GitRepo's and fleet.cattle.io/repo-name",
        "stronger than the GitRepo's labels",
        "a label that is taken out of the file goes from the bundle too",
    ),
    "annotations": Field("Annotations of the bundle.", "none"),
    "targetCustomizations": Field(
        "Options that differ on some clusters, in the order in which they are matched.",
        "none",
        "see targetCustomizationMode; they choose no clusters, only the GitRepo's targets do",
    ),
    "overrideTargets": Field(
        "Clusters that this bundle goes to, in the place of the GitRepo's targets.",
        "the GitRepo's targets",
        "replaces the GitRepo's targets, and what they allow",
        "an empty list is one as well: the bundle then goes to the cluster group default",
    ),
    "imageScans": Field(
        "Registries that are looked at for newer tags, which are then written into the files.",
        "none",
        fleet="an error unless image scanning is enabled; one without an image is passed over",
    ),
    "imageScans[].name": Field("Name of the scan.", fleet="not used: scans are numbered"),
    "imageScans[].tagName": Field("Name that markers in files refer to; every scan needs one."),
    "imageScans[].gitrepoName": Field("GitRepo that is written to.", "the one this file is in"),
    "imageScans[].image": Field("Image whose tags are looked at, without a tag."),
    "imageScans[].interval": Field("Time between two looks, such as 5m."),
    "imageScans[].secretRef": Field("Secret for the registry."),
    "imageScans[].secretRef.name": Field("Name of the secret."),
    "imageScans[].suspend": Field("Whether it is not looked at for now.", "false"),
    "imageScans[].policy": Field("Which tag is the newest."),
    "imageScans[].policy.semver": Field("The highest version."),
    "imageScans[].policy.semver.range": Field("Which versions count, such as 1.x.", "*"),
    "imageScans[].policy.alphabetical": Field("The last by the alphabet."),
    "imageScans[].policy.alphabetical.order": Field("Which end is the last.", "asc", values=("asc", "desc")),
    # Where it goes, and in which order
    "targets": Field(
        "Targets before the customizations and the GitRepo's.",
        "none",
        fleet="meant for objects of kind Bundle; they get to clusters only where the GitRepo's targets allow",
    ),
    "targetRestrictions": Field(
        "Clusters that may be targets at all.",
        "the GitRepo's targets",
        fleet="those of the GitRepo are added",
    ),
    "targetCustomizationMode": Field(
        "Whether the first customization that matches a cluster counts, or all are merged in their order.",
        "FirstMatch",
        fleet="with FirstMatch the options of a GitRepo's target are replaced, with AllMatches merged",
        values=MODES,
    ),
    "dependsOn": Field("Bundles that must be ready on a cluster before this one is deployed there.", "none"),
    "dependsOn[].name": Field("Name of the other bundle.", fleet="this or a selector is needed"),
    "dependsOn[].selector": Field("Labels of the other bundles.", fleet="an error while none has them"),
    "dependsOn[].acceptedStates": Field(
        "States of the other bundle that are good enough.", "Ready", fleet="any other word is an error"
    ),
    "dependsOn[].acceptedStates[]": Field("A state.", values=STATES),
    "paused": Field("Whether changes are computed but not rolled out.", "false", _REPO_ADDS),
    "rolloutStrategy": Field("How many clusters may change at the same time.", "all, in partitions of 25%"),
    "rolloutStrategy.maxUnavailable": Field(
        "Clusters that may be not ready, as a number or a percentage.",
        "100%",
        fleet="rounded down, at least 1",
    ),
    "rolloutStrategy.maxUnavailablePartitions": Field("Partitions that may be not ready.", "0"),
    "rolloutStrategy.autoPartitionSize": Field("Size of partitions that nobody named.", "25%"),
    "rolloutStrategy.autoPartitionThreshold": Field("Clusters above which there are partitions.", "200"),
    "rolloutStrategy.maxNew": Field("Clusters that get the bundle for the first time in one pass.", "50"),
    "rolloutStrategy.partitions": Field(
        "Partitions by name, in their order.",
        "made by the numbers above",
        fleet="a cluster in none of them gets no bundle",
    ),
    "rolloutStrategy.partitions[].name": Field("Name that is shown."),
    "rolloutStrategy.partitions[].maxUnavailable": Field("As above, in this partition.", "that of above"),
    # How it is deployed: the bundle, and every customization
    "defaultNamespace": Field(
        "Namespace of the release, and of objects that name none.",
        "default",
        _FIRST + "; namespace is stronger",
    ),
    "namespace": Field(
        "Namespace that every object is moved to.",
        "none",
        "the GitRepo's targetNamespace replaces it here and in every target",
        "a cluster-scoped object among them is an error",
    ),
    "namespaceLabels": Field(
        "Labels that the release's namespace has, and no others.",
        "its labels are left alone",
        fleet="those of every target hold on every cluster (as in Fleet)",
    ),
    "namespaceAnnotations": Field(
        "Annotations that the release's namespace has, and no others.",
        "its annotations are left alone",
        fleet="all others are taken away",
    ),
    "createNamespace": Field("Whether the namespace is made where it is missing.", "true", _INTERNAL),
    "deleteNamespace": Field("Whether the namespace goes with the GitRepo.", "false", _REPO_ADDS),
    "keepResources": Field("Whether what was deployed stays when the bundle goes.", "false", _REPO_ADDS),
    "serviceAccount": Field(
        "Service account on the cluster that the bundle is deployed as.",
        "fleet-default where it exists, else the agent's own",
        _REPO_WINS,
        "one that does not exist is an error",
    ),
    "deleteCRDResources": Field("Whether CRDs go with the bundle.", "false: CRDs are kept"),
    "correctDrift": Field("Whether changes made by others are taken back.", "off", _REPO_WINS),
    "correctDrift.enabled": Field("Whether they are.", "false"),
    "correctDrift.force": Field("Whether objects are made anew where they cannot be changed.", "false"),
    "correctDrift.keepFailHistory": Field("Whether failed attempts stay in the release's history.", "false"),
    "diff": Field("What is left out when clusters are compared with git.", "nothing", _APPENDED),
    "diff.comparePatches": Field("Exceptions, each for the objects that it names.", "none"),
    "diff.comparePatches[].apiVersion": Field("API version of the objects.", "any"),
    "diff.comparePatches[].kind": Field("Kind of the objects.", "any"),
    "diff.comparePatches[].namespace": Field("Namespace of the objects.", "any"),
    "diff.comparePatches[].name": Field("Name of the objects.", "any"),
    "diff.comparePatches[].jsonPointers": Field("Fields that are left out, as JSON pointers.", "none"),
    "diff.comparePatches[].operations": Field("Changes that are made before comparing.", "none"),
    "diff.comparePatches[].operations[].op": Field(
        "JSON patch operation, or ignore.", fleet="ignore only hides objects that are missing"
    ),
    "diff.comparePatches[].operations[].path": Field("JSON pointer to what is changed."),
    "diff.comparePatches[].operations[].value": Field("New value, as text."),
    "ignore": Field("What does not count when it is found out whether objects are ready.", "nothing"),
    "ignore.conditions": Field("Status conditions, each by keys that must all be equal.", "none"),
    "downstreamResources": Field(
        "Secrets and ConfigMaps of the bundle's workspace that are copied to the clusters.", "none", _APPENDED
    ),
    "downstreamResources[].kind": Field("Secret or ConfigMap, in any case."),
    "downstreamResources[].name": Field("Name of the object."),
    "forceSyncGeneration": Field(
        "A number whose change deploys again.", "0", _INTERNAL + " by the GitRepo's"
    ),
    "overwrites": Field("Objects that are taken over from a bundle that goes.", "none", _INTERNAL),
    "overwrites[].kind": Field("Kind of the object."),
    "overwrites[].name": Field("Name of the object."),
    "overwrites[].namespace": Field("Namespace of the object."),
    "allowedTargetNamespaceSelector": Field("Labels the namespace must have.", "any", _INTERNAL),
    "resources": Field("Files of the bundle.", "those of the folder", _INTERNAL),
    "resources[].name": Field("Path of the file."),
    "resources[].content": Field("Its content."),
    "resources[].encoding": Field("How the content is written.", values=("", "base64+gz")),
    "contentsId": Field("Where the files of the bundle are.", "none", _INTERNAL),
    "valuesHash": Field("Digest of the values.", "none", _INTERNAL),
    "helmOpOptions": Field("How the chart of a HelmOp is fetched.", "none", _INTERNAL),
    "helmOpOptions.helmOpSecretName": Field("Secret with the credentials."),
    "helmOpOptions.helmOpInsecureSkipTLSVerify": Field("Whether any certificate is taken.", "false"),
    "helmOpOptions.helmOpCABundle": Field("Certificates that are trusted."),
    "kustomize": Field("How kustomize builds the bundle.", "it does where a kustomization.yaml is"),
    "kustomize.dir": Field("Folder of the kustomization.yaml, in the bundle.", "the bundle's folder", _FIRST),
    "yaml": Field("How plain YAML is put together.", "all files outside of overlays"),
    "yaml.overlays": Field(
        "Folders below overlays/ whose files replace or patch those of the bundle, in this order.",
        "none",
        _APPENDED,
        "files called NAME_patch.yaml patch NAME.yaml; without that file it is an error",
    ),
    "helm": Field("Chart, values, and how Helm installs.", "a release is made of the bundle's files"),
    "helm.chart": Field(
        "Chart: its folder in the bundle, its URL (http, oci, git), or its name in helm.repo.",
        "the bundle's folder, where it has a Chart.yaml",
        _HANDED_DOWN,
        "charts are fetched when the repository is read",
    ),
    "helm.repo": Field("URL of the chart repository, https:// or oci://.", "none", _HANDED_DOWN),
    "helm.version": Field("Version of the chart, or a constraint such as 1.x.", "the newest", _HANDED_DOWN),
    "helm.releaseName": Field(
        "Name of the release, at most 53 characters.",
        "the bundle's name",
        _FIRST,
        "with a new name the release is installed anew",
    ),
    "helm.values": Field(
        "Values for the chart.",
        "those of the chart's values.yaml",
        _MERGED + "; weaker than valuesFiles, templateValues and valuesFrom",
        "templates in ${ } see the cluster's labels; large whole numbers are rounded to floats",
    ),
    "helm.valuesFiles": Field(
        "Files of the repository that are merged over values, later ones winning.",
        "none",
        "stronger than values, weaker than templateValues and valuesFrom",
        "at the top level only where helm.chart or helm.repo is set; the files are taken out of the bundle",
    ),
    "helm.templateValues": Field(
        "Templates by key, each made to YAML for every cluster.",
        "none",
        "stronger than values and valuesFiles, weaker than valuesFrom",
    ),
    "helm.valuesFrom": Field(
        "ConfigMaps and Secrets of the cluster with further values, in their order.",
        "none",
        "stronger than all other values; " + _APPENDED,
        "read when it is deployed; one that is missing is an error",
    ),
    "helm.valuesFrom[].configMapKeyRef": Field("A ConfigMap's key."),
    "helm.valuesFrom[].secretKeyRef": Field(
        "A Secret's key.", wins="stronger than configMapKeyRef beside it"
    ),
    "helm.valuesFrom[].configMapKeyRef.name": Field("Name of the ConfigMap."),
    "helm.valuesFrom[].configMapKeyRef.namespace": Field("Its namespace.", "that of the release"),
    "helm.valuesFrom[].configMapKeyRef.key": Field("Key whose value is YAML.", "values.yaml"),
    "helm.valuesFrom[].secretKeyRef.name": Field("Name of the Secret."),
    "helm.valuesFrom[].secretKeyRef.namespace": Field("Its namespace.", "that of the release"),
    "helm.valuesFrom[].secretKeyRef.key": Field("Key whose value is YAML.", "values.yaml"),
    "helm.timeoutSeconds": Field("Seconds that Helm waits for readiness.", "0: it does not wait", _FIRST),
    "helm.waitForJobs": Field("Whether it waits for Jobs too.", "false", fleet="with timeoutSeconds only"),
    "helm.force": Field("Whether objects that cannot be changed are made anew.", "false"),
    "helm.takeOwnership": Field("Whether objects that exist already are taken over.", "false"),
    "helm.atomic": Field("Whether an upgrade that fails is rolled back.", "false"),
    "helm.maxHistory": Field("Versions of the release that are kept.", "2", fleet="0 means 2"),
    "helm.disablePreProcess": Field("Whether ${ } in values is left as it is.", "false"),
    "helm.disableDNS": Field("Whether templates may not look up hosts.", "false"),
    "helm.skipSchemaValidation": Field("Whether the chart's schema for values is not used.", "false"),
    "helm.disableDependencyUpdate": Field(
        "Whether charts are taken as they are, without fetching what they depend on.", "false", _ONLY_BUNDLE
    ),
    # Which clusters
    "target.name": Field("Name of the entry, for messages.", "target000, target001, ... by its place"),
    "target.clusterName": Field("Name of one cluster."),
    "target.clusterSelector": Field("Labels of clusters.", fleet="an empty one ({}) selects every cluster"),
    "target.clusterGroup": Field("Name of a cluster group."),
    "target.clusterGroupSelector": Field("Labels of cluster groups."),
    "target.doNotDeploy": Field("Whether clusters that match do not get the bundle.", "false"),
    "selector.matchLabels": Field("Labels that must all be there."),
    "selector.matchExpressions": Field("Rules about labels that must all hold."),
    "selector.matchExpressions[].key": Field("Label that the rule is about."),
    "selector.matchExpressions[].operator": Field(
        "The rule.", values=("In", "NotIn", "Exists", "DoesNotExist")
    ),
    "selector.matchExpressions[].values": Field("Values for In and NotIn."),
}

_SELECTOR = re.compile(r"^(?:.*\.)?(?:clusterSelector|clusterGroupSelector|selector|\w+NamespaceSelector)\.")
_TARGET = re.compile(
    r"^(?:targets|targetCustomizations|overrideTargets|targetRestrictions|rolloutStrategy\.partitions)\[\]\."
)


def field_at(path: str) -> Field | None:
    """What a field means, by a path such as `targetCustomizations[].helm.chart`; None if nobody said it."""
    if path in FIELDS:
        return FIELDS[path]
    selector = _SELECTOR.sub("selector.", path)
    if selector != path:
        return FIELDS.get(selector)
    bare = _TARGET.sub("", path)
    return FIELDS.get(f"target.{bare}", FIELDS.get(bare)) if bare != path else None
