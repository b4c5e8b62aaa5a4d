"""Overlays of raw YAML: a file under `overlays/NAME/` replaces, or patches, the file it is named after."""

from collections.abc import Iterable, Sequence

from fleet.agent.domain.errors import BadContent
from fleet.agent.domain.files import File
from fleet.agent.domain.patches import apply_patch
from fleet.agent.domain.yamldocs import read_values, write_values

_FOLDER = "overlays/"
_PATCH = "_patch."


def apply_overlays(files: Iterable[File], overlays: Sequence[str]) -> tuple[File, ...]:
    """Return the files with the named overlays applied in order; `overlays/` itself is never put out.

    A file `x_patch.yaml` patches `x.yaml`; any other file takes the place of its namesake or is new.

    Raises:
        BadContent: an overlay that is not there, a patch without its base, or one that does not fit.
    """
    everything = list(files)
    result = {file.name: file for file in everything if not file.name.startswith(_FOLDER)}
    for overlay in overlays:
        prefix = f"{_FOLDER}{overlay.strip('/')}/"
        members = [file for file in everything if file.name.startswith(prefix)]
        if not members:
            raise BadContent(f"overlay {overlay!r} is not in the bundle: there are no files below {prefix}")
        for member in members:
            place = member.name.removeprefix(prefix)
            folder, _, base = place.rpartition("/")
            if _PATCH in base:
                target = "/".join(filter(None, (folder, base.replace(_PATCH, ".", 1))))
                result[target] = _patched(result.get(target), target, member)
            else:
                result[place] = File(place, member.data)
    return tuple(sorted(result.values(), key=lambda file: file.name))


def _patched(base: File | None, target: str, patch: File) -> File:
    if base is None:
        raise BadContent(f"{patch.name}: there is no {target} to patch")
    value = apply_patch(read_values(base.data, base.name), read_values(patch.data, patch.name), patch.name)
    return File(target, write_values(value).encode())
