"""`fleet kubeconfig CLUSTER`: how to reach a pocket cluster with kubectl and Helm."""

from __future__ import annotations

import click

from fleet.cli.address import HubChoice
from fleet.cli.errors import CommandFailed
from fleet.cli.hub.layout import Layout
from fleet.cli.session import hub_options, namespace_option


@click.command()
@click.argument("cluster")
@namespace_option
@hub_options
@click.pass_context
def kubeconfig(ctx: click.Context, cluster: str, namespace: str, hub: HubChoice) -> None:
    """Print the kubeconfig of a pocket cluster of an embedded hub, for kubectl and Helm.

    Without -n a cluster is also found in another namespace, as long as only one has that name.
    """
    layout = Layout(hub.folder)
    given = ctx.get_parameter_source("namespace") is click.core.ParameterSource.COMMANDLINE
    path = layout.kubeconfig(namespace, cluster)
    if not path.exists() and not given:
        others = sorted(path.parent.glob(f"*.{cluster}.kubeconfig"))
        path = others[0] if len(others) == 1 else path
    try:
        click.echo(path.read_text(), nl=False)
    except OSError as error:
        raise CommandFailed(
            f'error: there is no pocket cluster "{cluster}" in namespace {namespace} of'
            f" {layout.folder.resolve()}; `fleet get clusters -A` lists them"
        ) from error
