"""What is ignored in a repository stands on its object as long as it is there, and once in the log."""

from pathlib import Path

from structlog.testing import capture_logs

from support.bundling import Workshop, bundling, workshop

FILES = {
    "a/fleet.yaml": "namespace: a\nnamspace: x\n",
    "a/cm.yaml": "n: 1\n",
    "b/fleet.yaml": "namespace: b\n",
    "b/cm.yaml": "n: 1\n",
}
IN_A = 'a/fleet.yaml:2: namspace: is ignored: Fleet knows no such field; did you mean "namespace"?'
IN_B = "b/fleet.yaml:2: helm.zzz: is ignored: Fleet knows no such field"


async def shown(shop: Workshop) -> list[str]:
    view = await shop.view("web")
    assert view is not None
    found = view.status["reading"].get("warnings", {"count": 0, "first": []})
    assert found["count"] == len(found["first"])
    return list(found["first"])


async def test_a_warning_stays_on_the_object_and_is_logged_with_the_commit_that_brings_it(
    tmp_path: Path,
) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        with capture_logs() as logs:
            async with bundling(shop):
                first = repository.commit(FILES)
                await shop.read("web", await shop.deliver(repository, "web", first))
                assert await shown(shop) == [IN_A]
                await shop.read("web", await shop.detect("web", repository.commit({"b/cm.yaml": "n: 2\n"})))
                assert await shown(shop) == [IN_A], "of a folder that was not read again"
                second = repository.commit({"b/fleet.yaml": "namespace: b\nhelm: {zzz: 1}\n"})
                await shop.read("web", await shop.detect("web", second))
                assert await shown(shop) == [IN_A, IN_B]
                await shop.read("web", await shop.detect("web", repository.commit({"c.yaml": "n: 1\n"})))
                assert await shown(shop) == [IN_A, IN_B]
                cured = repository.commit({"a/fleet.yaml": "namespace: a\n"})
                await shop.read("web", await shop.detect("web", cured))
                assert await shown(shop) == [IN_B]

    told = [(line["commit"], line["warning"]) for line in logs if line["event"] == "ignored in a repository"]
    assert told == [(first, IN_A), (second, IN_B)]


async def test_a_path_of_a_gitrepo_that_is_not_there_is_told_until_it_is(tmp_path: Path) -> None:
    said = 'the path "b" is not there, or has no files'
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        async with bundling(shop):
            sha = repository.commit({"a/cm.yaml": "n: 1\n"})
            await shop.read("web", await shop.deliver(repository, "web", sha, paths=["a", "b"]))
            assert await shown(shop) == [said]
            await shop.read("web", await shop.detect("web", repository.commit({"a/cm.yaml": "n: 2\n"})))
            assert await shown(shop) == [said], "of a reading of one folder"
            await shop.read("web", await shop.detect("web", repository.commit({"b/cm.yaml": "n: 1\n"})))
            assert await shown(shop) == []


async def test_thousands_of_warnings_are_counted_and_not_all_told(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        repository = shop.repository()
        text = "".join(f"zzz{n:05}: 1\n" for n in range(5000))
        with capture_logs() as logs:
            async with bundling(shop):
                sha = repository.commit({"fleet.yaml": text, "cm.yaml": "n: 1\n"})
                await shop.read("web", await shop.deliver(repository, "web", sha))
                view = await shop.view("web")

    assert view is not None
    found = view.status["reading"]["warnings"]
    assert found["count"] == 5000
    assert found["first"][0] == "fleet.yaml: and 4950 more warnings about this folder"
    told = [line["warning"] for line in logs if line["event"] == "ignored in a repository"]
    assert len(told) == 11
    assert told[-1] == "and 41 more"
