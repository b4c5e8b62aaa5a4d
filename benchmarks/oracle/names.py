"""The names that Fleet makes."""

from typing import Any

from fleet.names import helm_release_name, key_hash, limit, safe_concat


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """`{function, args, length?}` to `{value}`."""
    args = asked["args"]
    match asked["function"]:
        case "HelmReleaseName":
            return {"value": helm_release_name(*args)}
        case "Limit":
            return {"value": limit(args[0], int(asked["length"]))}
        case "SafeConcatName":
            return {"value": safe_concat(*args)}
        case "KeyHash":
            return {"value": key_hash(*args)}
        case other:
            return {"error": f"unknown function {other}"}
