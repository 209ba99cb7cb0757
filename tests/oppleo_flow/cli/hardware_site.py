"""A site with the flow that ships, and the simulated world that its hardware is."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from os import getpid
from pathlib import Path

from oppleo_flow.cli.simulation import WorldProcess
from oppleo_flow.devices.world import SiteWiring
from oppleo_flow.devices.world_client import WorldClient

ROOT = Path(__file__).parents[3]
FLOW = ROOT / "flows" / "charge-point.yaml"


def with_flow(site: Path, text: str | None = None) -> Path:
    """Give a site a flow: the one that ships, or another."""
    (site / "flows").mkdir()
    flow = site / "flows" / "charge-point.yaml"
    if text is None:
        shutil.copy(FLOW, flow)
    else:
        flow.write_text(text)
    return flow


@contextmanager
def world() -> Iterator[WorldClient]:
    """Begin the world of the site that is the current folder; commands find it there."""
    process = WorldProcess(lives_with=getpid())
    try:
        yield process.wired(SiteWiring())
    finally:
        process.end()
