"""Templates that never end or ask for all memory are an error of their bundle, and of nothing else."""

from pathlib import Path

from fleet.agent.adapters.templates import MEMORY
from support.agents import Bundle, config_map, running_agent, site
from support.processes import running_program

CHART = "apiVersion: v2\nname: bad\nversion: 0.1.0\n"
ENDLESS = "{{- range until 100000 }}{{- range until 100000 }}{{- end }}{{- end }}"
GREEDY = "{{- $x := until 200000000 }}"
GOOD = {"Chart.yaml": CHART, "templates/a.yaml": config_map("good", a="{{ .Release.Name }}")}


def chart(template: str) -> Bundle:
    return Bundle("bad", {"Chart.yaml": CHART, "templates/a.yaml": template})


async def test_a_template_without_an_end_is_stopped_and_delays_no_other(tmp_path: Path) -> None:
    async with site(tmp_path) as found, running_agent(found, rendering=3.0):
        manifest = await found.deliver(chart(ENDLESS), Bundle("good", GOOD))
        trouble = await found.trouble(manifest, "bad", "ErrApplied")
        assert trouble.message.startswith("rendering the templates took longer than 3 s; it is tried again")
        await found.reported(manifest, lambda report: manifest.entries[1] in report.entries)
        await found.ready(await found.deliver(chart("{{/* mended */}}"), Bundle("good", GOOD)))


async def test_a_template_that_asks_for_all_memory_ends_no_agent(tmp_path: Path) -> None:
    async with site(tmp_path) as found:
        identity = found.write_identity(tmp_path)
        settings = {"FLEET_HTTP": "127.0.0.1:0", "FLEET_DATA": str(tmp_path / "data")}
        command = ("-m", "fleet.agent", "--identity", str(identity))
        async with running_program(tmp_path / "agent", *command, settings=settings) as agent:
            manifest = await found.deliver(chart(GREEDY), Bundle("good", GOOD))
            trouble = await found.trouble(manifest, "bad", "ErrApplied")
            told = f"rendering the templates needed more than {MEMORY >> 20} MiB of memory; it is tried again"
            assert trouble.message.startswith(told)
            await found.reported(manifest, lambda report: manifest.entries[1] in report.entries)
            assert await found.data_of("good") == {"a": "good"}
            await found.ready(await found.deliver(chart("{{/* mended */}}"), Bundle("good", GOOD)))
            assert agent.process.returncode is None


async def test_a_template_looks_up_what_the_cluster_has_and_serves(tmp_path: Path) -> None:
    look = '{{ (lookup "v1" "ConfigMap" "web" "seen").data.a }}'
    served = '{{ .Capabilities.APIVersions.Has "apps/v1" }}'
    files = {"Chart.yaml": CHART, "templates/a.yaml": config_map("found", a=look, b=served)}
    files = {name: text.replace('\\"', '"') for name, text in files.items()}
    async with site(tmp_path) as found, running_agent(found):
        seen = Bundle("seen", {"a.yaml": config_map("seen", a="here")})
        await found.ready(await found.deliver(seen))
        await found.ready(await found.deliver(seen, Bundle("look", files)))
        assert await found.data_of("found") == {"a": "here", "b": "true"}
