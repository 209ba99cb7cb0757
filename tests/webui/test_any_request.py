"""Whatever anybody asks, the API answers as its description says, and never fails.

The description is that of the running site: a real process with a real ledger and the flow that
ships on simulated hardware.  Each route is asked what its models allow, and what they do not.
"""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from webui.assets import Page
from webui.openapi import document
from webui.parts import Parts
from webui.routes.table import routes

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S = 60.0
ENDLESS = ["/api/v1/events", "/api/v1/hints", "/api/v1/taps", "/api/v1/recording", "/api/v1/traces"]
"""What answers for as long as somebody reads, or waits for what happens."""
SAYS_UNREADY = "/ready"
"""Answers 503 after a lever that is pulled here has silenced the meter, as it should."""
ENDS_IT = ("/restart", "/reboot", "/shut-down", "/restore")
"""After these nobody would answer; they have tests of their own, over a machine of paper."""
ROWS = routes(Parts(runtime=None, feed=None), Page({}))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


def described(rows):
    """Return the API of some rows, as it describes itself."""
    api = schemathesis.openapi.from_dict(document(rows))
    api.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
    refusals = api.config.checks.negative_data_rejection.expected_statuses
    refusals.append("413")  # too long to be looked at any further
    return api


api = described(row for row in ROWS if not row.sure)
guarded = described(row for row in ROWS if row.sure and not row.path.endswith(ENDS_IT))
ASKED = settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)


@contextmanager
def site(folder):
    """Run a site in a process of its own; give its address."""
    program = [sys.executable, "-m", "oppleo_flow"]
    around = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([*program, "init", str(folder), "--simulated"], env=around, check=True)
    with subprocess.Popen(
        [*program, "run", str(folder), "--port", "0"], env=around, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            found = re.search(r"http://127\.0\.0\.1:\d+", running.stdout.readline())
            wait_until_ready(found[0])
            yield found[0]
        finally:
            running.terminate()
            running.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Return the address of a demo, which is open to whoever asks."""
    with site(tmp_path_factory.mktemp("any_request") / "garage") as url:
        assert requests.get(f"{url}/api/v1/state", timeout=PATIENCE_S).ok, "it is open"
        yield url


@pytest.fixture(scope="module")
def as_command(tmp_path_factory):
    """Return the address of a site, and how a command of its machine proves itself there."""
    folder = tmp_path_factory.mktemp("as_command") / "garage"
    with site(folder) as url:
        key = (folder / ".oppleo" / "command.key").read_text().strip()
        yield url, {"Authorization": f"Bearer {key}"}


def wait_until_ready(url):
    """Ask until the flow runs; it is not for ever."""
    for _ in range(10_000):
        if requests.get(f"{url}/ready", timeout=PATIENCE_S).ok:
            return
    pytest.fail("the flow is not ready")


@api.exclude(path=[*ENDLESS, SAYS_UNREADY]).parametrize()
@ASKED
def test_every_request_is_answered_as_described(case, url):
    case.call_and_validate(base_url=url, checks=CHECKS, timeout=PATIENCE_S)


@guarded.parametrize()
@ASKED
def test_so_is_what_needs_the_password(case, as_command):
    url, headers = as_command
    case.call_and_validate(base_url=url, headers=headers, checks=CHECKS, timeout=PATIENCE_S)
