"""Mutated commits, one after the other: each is published whole, or stalls and leaves what was there."""

import random
from pathlib import Path

from support.bundling import Workshop, bundling, workshop
from support.fuzz import fleet_yaml
from support.waiting import eventually

COMMITS = 24
FOLDERS = ("app", "other", "third")
GOOD = {
    "always/fleet.yaml": "",
    "always/cm.yaml": "",
    **{f"{folder}/fleet.yaml": "namespace: web\n" for folder in FOLDERS},
    **{f"{folder}/cm.yaml": "a: 1\n" for folder in FOLDERS},
    **{f"{folder}/values.yaml": "b: 2\n" for folder in FOLDERS},
    **{f"{folder}/dev/values.yaml": "b: 3\n" for folder in FOLDERS},
    **{f"{folder}/chart/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n" for folder in FOLDERS},
}


def a_change(rng: random.Random) -> dict[str, str | bytes]:
    """Mutated options for one folder or two; none that asks a chart host."""
    changed: dict[str, str | bytes] = {}
    for folder in rng.sample(FOLDERS, rng.choice((1, 1, 2))):
        text = fleet_yaml(rng)
        while any(word in text for word in (b"//", b"::", b"@", b"repo")):
            text = fleet_yaml(rng)
        changed[f"{folder}/fleet.yaml"] = text
    return changed


async def judged(shop: Workshop, sequence: int, commit: str) -> str:
    """Wait for the verdict on a commit; gives why it stalls, or nothing."""

    async def there() -> bool:
        return commit[:7] in await shop.stalled("web") or await shop.is_read("web", sequence)

    await eventually(there)
    return await shop.stalled("web")


async def test_a_mutated_commit_is_published_whole_or_changes_nothing(tmp_path: Path) -> None:
    rng = random.Random(5)
    outcomes = {"published": 0, "stalled": 0}
    async with workshop(tmp_path) as shop, bundling(shop):
        repository = shop.repository("web")
        await shop.read("web", await shop.deliver(repository, "web", repository.commit(GOOD)))
        for _ in range(COMMITS):
            before = await shop.rendered()
            commit = repository.commit({**GOOD, **a_change(rng)}, orphan=True)
            why = await judged(shop, await shop.detect("web", commit), commit)
            assert await shop.is_whole("web")
            if why:
                assert "fleet.yaml" in why, why
                assert await shop.rendered() == before
            outcomes["stalled" if why else "published"] += 1

    assert outcomes["published"] >= COMMITS / 6, outcomes
    assert outcomes["stalled"] >= COMMITS / 6, outcomes
