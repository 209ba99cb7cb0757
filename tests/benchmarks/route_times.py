"""Row 19: every address that is read, of a site that has five years of data.

The site runs as its owner runs it, with its guardian and a simulated charge point beside; what
counts is the slowest of a hundred answers, nearly, to one who asks over the network.

Each GET route of the list is asked, as its page asks it; a test sees to it that none is left out
but for those that `LEFT_OUT` names with the reason.
"""

import http.client
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final
from urllib.parse import quote, urlencode

from tests.benchmarks import five_years
from tests.benchmarks.comparison import Budget, Figure
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.processes import ROOT
from tests.benchmarks.start import install_ours, our_program
from tests.benchmarks.swipe import LEDGER
from webui.assets import Page
from webui.openapi import is_described
from webui.parts import Parts
from webui.route import Route
from webui.routes.table import API, routes

MOST_MS: Final = 50
_EACH: Final = 20
"""How often each is asked in one repetition; all repetitions count together."""
_SHOWN: Final = 8
_OK: Final = 200

_ENDLESS: Final = "an answer that goes on for as long as somebody listens"
_CHILD: Final = "a process of its own makes it; its time is that of row 12"
LEFT_OUT: Final[Mapping[str, str]] = {
    "events": _ENDLESS,
    "hints": _ENDLESS,
    "taps": _ENDLESS,
    "recording": _ENDLESS,
    "traces": "waits for the next messages",
    "sessions/export": _CHILD,
    "statements/preview": _CHILD,
    "statements/download": _CHILD,
    "usage/export": _CHILD,
    "system/diagnostics": _CHILD,
    "account/sessions": "is answered only to who has an account, which nobody has in the demo",
    "account/tokens": "the same",
    "public": "is answered only where the site shows it",
    "simulator": "asks the world of the simulation, which no real site has",
    "backups/<name>/file": "a file of any size, in pieces",
    "statements/<number>/<version:int>/files/<name>": "a file of any size, in pieces",
}
"""Routes below the address of the API that are not timed, and why."""


def addresses(now: datetime) -> dict[str, Sequence[str]]:
    """Return what is asked of routes that need to be told more, by their paths below the API."""
    session = str(five_years.session_id(five_years.SESSIONS // 2))
    since, day = now - timedelta(days=365 * five_years.YEARS), now - timedelta(days=2)
    span = {"since": _text(since), "until": _text(now)}
    last_day = {"since": _text(day), "until": _text(day + timedelta(days=1))}
    month = {"since": _text(now - timedelta(days=31)), "until": _text(now)}
    return {
        "sessions": [
            "?limit=25",
            f"?limit=25&offset={five_years.SESSIONS // 2}",
            "?" + urlencode({"driver": "driver 7", "vehicle": "car 3"}),
            "?" + urlencode({"since": f"{now.year - 1}-03-01", "until": f"{now.year - 1}-04-01"}),
            "?" + urlencode({"text": "car 2 centre"}),
            "?text=nobody",
            "?sort=energy&order=asc",
            "?sort=amount",
            "?sort=ended_at&order=asc",
            "?state=flagged",
            "?state=open",
        ],
        "sessions/<session_id>": [f"/{session}"],
        "sessions/<session_id>/graph": [f"/{session}/graph"],
        "sessions/latest": ["?limit=200"],
        "statements": ["?limit=25", "?limit=25&offset=600"],
        "statements/<number>/<version:int>": [f"/{now.year - 1}-03-07/1"],
        "tokens/<name>": ["/" + quote("card 3")],
        "usage/graph": [
            "?" + urlencode({**span, "points": 1000}),
            "?" + urlencode({**span, "points": 2000}),
            "?" + urlencode({**month, "points": 2000}),
            "?" + urlencode({**last_day, "points": 2000}),
        ],
        "usage/phases": ["?" + urlencode(last_day), "?" + urlencode(month)],
        "usage/readings": [
            "?limit=50",
            "?limit=500",
            "?" + urlencode({"at": _text(since + (now - since) / 2)}),
            "?" + urlencode({"before": _text(since + (now - since) / 2)}),
            "?" + urlencode({"after": _text(since)}),
        ],
        "usage/readings/new": ["?" + urlencode({"after": _text(since)})],
        "backups/taken-in/room": ["?name=elsewhere.tar.gz&size=1000000"],
        "flow/diff": ["?from=1"],
        "flow/versions/<number:int>": ["/1"],
        "audit": ["", "?limit=1000"],
        "log": ["", "?level=error"],
        "notifications": ["", "?offset=900"],
    }


def asked(now: datetime) -> list[str]:
    """Return every address that is timed."""
    given, found = addresses(now), []
    for row in api_routes():
        path = row.path.removeprefix(f"{API}/")
        base = row.path.partition("/<")[0]
        if path not in LEFT_OUT:
            found += [f"{base}{more}" for more in given.get(path, [""])]
    return found


def api_routes() -> list[Route]:
    """Return what can be read below the address of the API, and what machines watch."""
    rows = routes(Parts(runtime=None, feed=None), Page({}))  # type: ignore[arg-type]  # never asked
    return [row for row in rows if row.method == "GET" and is_described(row)]


def five_years_of_data(repetitions: int) -> Iterator[Figure]:
    """Row 19."""
    flow = ROOT / "flows" / "charge-point.yaml"
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = install_ours(Path(folder))
        with our_program(ours, flow):
            pass  # makes the ledger
        now = datetime.now(UTC).replace(microsecond=0)
        five_years.fill(ours.site, ours.site / LEDGER, now)
        with our_program(ours, flow) as program:
            took_ms = _asked_in_turns(program.port, asked(now), repetitions)
    ranked = sorted(((_p99(times), path) for path, times in took_ms.items()), reverse=True)
    for place, (p99_ms, path) in enumerate(ranked[:_SHOWN], start=1):
        name = f"{place}. of {len(ranked)} addresses: {path.removeprefix(API)}, p99"
        yield Figure(name, "ms", (p99_ms,), budget=Budget(most=MOST_MS))


def _asked_in_turns(port: int, paths: Sequence[str], repetitions: int) -> dict[str, list[float]]:
    """Return how many ms answers took; the first of each loads what later ones have at hand."""
    took_ms: dict[str, list[float]] = {path: [] for path in paths}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as client:
        for path in paths:
            _answer_ms(client, path)
        for _ in range(_EACH * repetitions):
            for path in paths:
                took_ms[path].append(_answer_ms(client, path))
    return took_ms


def _answer_ms(client: http.client.HTTPConnection, path: str) -> float:
    began_s = time.perf_counter()
    client.request("GET", path)
    answer = client.getresponse()
    said = answer.read()
    took_ms = (time.perf_counter() - began_s) * 1e3
    if answer.status != _OK:
        raise BenchmarkError(f"{path}: {answer.status}: {said[:200].decode()}")
    return took_ms


def _p99(times_ms: Sequence[float]) -> float:
    return quantiles(times_ms, n=100, method="inclusive")[98]


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
