"""The flags of `fleet apply NAME PATH...`, named as Fleet's command names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from fleet.cli.folders.goflags import GoInt, GoList

F = TypeVar("F", bound=Callable[..., Any])

_BUNDLES = (
    click.option("-b", "--bundle-file", default="", help="Options file in each folder, not its fleet.yaml."),
    click.option("-o", "--output", default="", metavar="FILE", help="Print to a file, or to stdout (-)."),
    click.option("-l", "--label", type=GoList(), multiple=True, metavar="K=V", help="Labels of the bundles."),
    click.option("--targets-file", default="", help="File with targets and targetRestrictions."),
    click.option("-c", "--compress", is_flag=True, help="Compress every file."),
    click.option("-a", "--service-account", default="", help="Service account to deploy as."),
    click.option("--sync-generation", type=GoInt(), default=0, help="Another number deploys again."),
    click.option("--target-namespace", default="", help="Namespace that everything must go to."),
    click.option("--paused", is_flag=True, help="Store the bundles, but deploy nothing."),
    click.option("--commit", default="", help="Commit the bundles are of.  [$COMMIT, else git's HEAD here]"),
    click.option("--keep-resources", is_flag=True, help="Keep what was deployed when a bundle goes."),
    click.option("--delete-namespace", is_flag=True, help="Delete the namespace when a bundle goes."),
    click.option("--correct-drift", is_flag=True, help="Take back what others change on clusters."),
    click.option("--correct-drift-force", is_flag=True, help="... by deleting and creating if need be."),
    click.option("--correct-drift-keep-fail-history", is_flag=True, help="... and keep failed attempts."),
    click.option("--driven-scan", is_flag=True, help="PATHs are FOLDER[:OPTIONS FILE]; nothing below."),
    click.option("--driven-scan-sep", default=":", show_default=True, help="What is between the two."),
    click.option(
        "--bundle-creation-max-concurrency",
        type=GoInt(),
        help="How many bundles are written at once.  [$FLEET_BUNDLE_CREATION_MAX_CONCURRENCY, else 4]",
    ),
    click.option("--imagescan-enabled", is_flag=True, help="Take imageScans in fleet.yaml."),
    click.option("--oci-registry-secret", default="", hidden=True),
    click.option("--profiles-dir", default="", hidden=True),
    click.option("-k", "--kubeconfig", default="", hidden=True),
    click.option("--context", "kube_context", default="", hidden=True),
    click.option("--debug", is_flag=True, hidden=True),
    click.option("--debug-level", type=GoInt(), default=0, hidden=True),
)

_CREDENTIALS = (
    click.option("--username", default="", help="User name for chart hosts.  [$HELM_USERNAME]"),
    click.option("--password-file", default="", help="File with the password for chart hosts."),
    click.option("--cacerts-file", default="", help="File with the certificates that chart hosts may have."),
    click.option("--ssh-privatekey-file", default="", help="File with an SSH key for charts in git."),
    click.option("--helm-repo-url-regex", default="", help="Which chart URLs credentials are for."),
    click.option("--helm-credentials-by-path-file", default="", help="File with credentials by folder."),
    click.option("--helm-basic-http", is_flag=True, help="Plain HTTP for OCI registries."),
    click.option("--helm-insecure-skip-tls", is_flag=True, help="Take any certificate from chart hosts."),
)


def folder_options(command: F) -> F:
    """Add what decides how bundles look and where they go."""
    for option in reversed(_BUNDLES):
        command = option(command)
    return command


def credential_options(command: F) -> F:
    """Add what charts are fetched with."""
    for option in reversed(_CREDENTIALS):
        command = option(command)
    return command
