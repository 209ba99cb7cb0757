from collections.abc import Callable
from pathlib import Path

import pytest

from oppleo_flow.flowfile import CheckResult, CheckSettings, SiteSecrets, check_text
from oppleo_flow.registry import Registry

NODES = Path(__file__).parent / "nodes"
SECRET = "hunter2-hunter2"

Check = Callable[..., CheckResult]
Headlines = Callable[..., list[str]]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """A handful of node types made for these tests; the shipped ones change for other reasons."""
    return Registry([], NODES)


@pytest.fixture
def check(registry: Registry, tmp_path: Path) -> Check:
    """Check a text as `f.yaml`; the secret `prowl_key` is known."""

    def run(text: str, file: str = "f.yaml", **settings: object) -> CheckResult:
        environ = {"OPPLEO_SECRET_PROWL_KEY": SECRET}
        settings.setdefault("secrets", SiteSecrets(tmp_path / "secrets.yaml", environ))
        return check_text(text, file, registry, CheckSettings(**settings))

    return run


@pytest.fixture
def headlines(check: Check) -> Headlines:
    """The first line of every error and warning in a text; `f.yaml` goes without saying."""

    def run(text: str, **settings: object) -> list[str]:
        found = [f for f in check(text, **settings).findings if f.severity != "info"]
        return [f.headline().removeprefix("f.yaml:") for f in found]

    return run


@pytest.fixture
def in_nodes(headlines: Headlines) -> Headlines:
    """The findings in the lines of `nodes:`, of which the first is line 4."""

    def run(nodes: str, **settings: object) -> list[str]:
        return headlines(f"flow: f\nformat: 1\nnodes:\n{nodes}", **settings)

    return run
