"""What ends a term as leader; everything is read anew then.

LeaseLost   the lease ran out, or another one took it
"""


class LeaseLost(Exception):
    """The lease ran out, or another targeter leads already."""
