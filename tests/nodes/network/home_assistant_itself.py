"""Run Home Assistant itself, with its MQTT integration; runs in its environment.

Arguments: a folder for its configuration, and the port of a broker on this machine.  Each line on
standard input is `states`, answered by all states as JSON, or `DOMAIN SERVICE ENTITY`.
"""

import asyncio
import json
import sys
from pathlib import Path

_ENTRY = {
    **{"entry_id": "1", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "MQTT"},
    **{"options": {}, "source": "user", "unique_id": None, "disabled_by": None},
    **{"pref_disable_new_entities": False, "pref_disable_polling": False},
}


def configure(folder: Path, port: int) -> None:
    """Write a configuration whose only integration is MQTT."""
    entry = {**_ENTRY, "data": {"broker": "127.0.0.1", "port": port, "discovery": True}}
    kept = {"key": "core.config_entries", "version": 1, "minor_version": 1}
    (folder / ".storage").mkdir(parents=True)
    path = folder / ".storage" / "core.config_entries"
    path.write_text(json.dumps({**kept, "data": {"entries": [entry]}}), encoding="utf-8")
    (folder / "configuration.yaml").write_text("homeassistant:\n  name: Test\n", encoding="utf-8")


async def serve(folder: Path) -> None:
    """Start, and answer until the input ends."""
    from homeassistant.bootstrap import async_setup_hass  # noqa: PLC0415  (only where it is)
    from homeassistant.runner import RuntimeConfig  # noqa: PLC0415

    hass = await async_setup_hass(RuntimeConfig(config_dir=str(folder), skip_pip=True))
    assert hass is not None
    await hass.async_start()
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.strip() != "states":
            domain, service, entity = line.split()
            await hass.services.async_call(domain, service, {"entity_id": entity}, blocking=True)
        states = {one.entity_id: one.state for one in hass.states.async_all()}
        sys.stdout.write(f"{json.dumps(states)}\n")
        sys.stdout.flush()
    await hass.async_stop()


if __name__ == "__main__":
    configure(Path(sys.argv[1]), int(sys.argv[2]))
    asyncio.run(serve(Path(sys.argv[1])))
