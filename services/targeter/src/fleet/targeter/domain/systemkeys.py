"""Labels and annotations that belong to the system and not to users (fleet.md 1.4 and 3.4)."""

FLEET = "fleet.cattle.io/"
_FOREIGN = "cattle.io/"
_KUBECTL = "kubectl.kubernetes.io/"


def system(key: str) -> bool:
    """Whether a key is left out where users' labels and annotations are copied."""
    return key.startswith(_KUBECTL) or _FOREIGN in key


def own(key: str) -> bool:
    """Whether a key is one of Fleet's own, which are copied all the same."""
    return key.startswith(FLEET)
