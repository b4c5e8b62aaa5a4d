"""Names what was read by keyed digests; the names are all that anybody but the vault gets to see."""

import asyncio
from collections.abc import Sequence

from fleet.bundler.domain.reading import ReadBundle
from fleet.bundler.domain.records import Named
from fleet.events import spec_digest
from fleet.vault import WorkspaceKey


async def name_all(key: WorkspaceKey, bundles: Sequence[ReadBundle]) -> list[Named]:
    """The bundles with their names, in their order."""
    return await asyncio.to_thread(lambda: [_name(key, bundle) for bundle in bundles])


def _name(key: WorkspaceKey, bundle: ReadBundle) -> Named:
    content, options = key.name(bundle.manifest), key.name(bundle.options)
    digest = spec_digest(
        labels=bundle.labels,
        spec=bundle.spec,
        content=content,
        options=options,
        annotations=bundle.annotations,
    )
    return Named(bundle.name, content, options, digest, bundle)
