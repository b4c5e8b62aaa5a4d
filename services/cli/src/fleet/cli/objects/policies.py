"""What a workspace allows: Policy, GitRepoRestriction, BundleNamespaceMapping (top-level fields, no spec)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fleet.cli.objects.model import SpecModel, Strings
from fleet.cli.objects.selector import LabelSelector


class GitRepoPolicy(SpecModel):
    """What a Policy says about GitRepos."""

    default_service_account: str | None = None
    default_client_secret_name: str | None = None
    allowed_client_secret_names: Strings | None = None
    allowed_repo_patterns: Strings | None = None


class HelmOpPolicy(SpecModel):
    """What a Policy says about HelmOps."""

    default_service_account: str | None = None
    default_helm_secret_name: str | None = None
    allowed_helm_secret_names: Strings | None = None
    allowed_helm_repo_patterns: Strings | None = None
    allowed_chart_patterns: Strings | None = None


class GuardPolicy(SpecModel):
    """What waits for a person: a commit that removes this share of a repository's bundles, or more."""

    removed_share: Annotated[float, Field(gt=0, le=1)] | None = None


class PolicyFields(SpecModel):
    """Fleet's Policy, and `guard`, which is ours."""

    require_service_account: bool | None = None
    allowed_service_accounts: Strings | None = None
    allow_namespace_creation: bool | None = None
    git_repo: GitRepoPolicy | None = None
    helm_op: HelmOpPolicy | None = None
    guard: GuardPolicy | None = None


class RestrictionFields(SpecModel):
    """Fleet's GitRepoRestriction."""

    default_service_account: str | None = None
    allowed_service_accounts: Strings | None = None
    allowed_repo_patterns: Strings | None = None
    default_client_secret_name: str | None = None
    allowed_client_secret_names: Strings | None = None
    allowed_target_namespaces: Strings | None = None
    allowed_target_namespace_selector: LabelSelector | None = None


class MappingFields(SpecModel):
    """Fleet's BundleNamespaceMapping; without both selectors it never matches."""

    bundle_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
