"""Markup and script in every text that somebody may write: it is refused, or shows as text.

Over a real site in a process of its own, whose pages are then all looked at in a real browser.
"""

import itertools
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import requests
from playwright.sync_api import expect

from oppleo_flow.clock import SystemClock
from tests.webui.test_any_request import ENDS_IT, ROWS, site
from tests.webui.test_app import example

TEXT = "<img src=x onerror=ran=1>"
SHORT = "<i>"
PATIENCE_S = 30.0
LONGEST_S = 60
# The first account would close what is open to this test; names of people have tests of their own.
CLOSES_IT = ("/users", "/first-run")
PAGES = (
    *("", "sessions", "usage", "cards", "reports", "tariffs", "notifications", "devices"),
    *("settings", "system", "account"),
)


def resolved(schema, inner):
    while True:
        if "$ref" in schema:
            schema = inner[schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        else:
            return schema


def made(schema, inner, put, at=()):
    """Return a body of a model; `put` says what stands in each of its texts."""
    schema = resolved(schema, inner)
    kind = schema.get("type")
    if schema.get("enum"):
        return schema["enum"][0]
    if kind == "object":
        parts = schema.get("properties", {}).items()
        return {name: made(part, inner, put, (*at, name)) for name, part in parts}
    if kind == "array":
        items = schema.get("prefixItems") or [schema["items"]]
        return [made(item, inner, put, (*at, str(n))) for n, item in enumerate(items)]
    plain = {"boolean": False, "integer": 1, "number": 1}
    dated = {"date": "2026-01-15", "date-time": "2026-01-15T12:00:00Z"}
    if kind in plain or schema.get("format") in dated:
        return plain.get(kind, dated.get(schema.get("format")))
    return put(at, schema)


def bodies(model):
    """Yield a body for each text of a model, in which that one is script."""
    schema = model.model_json_schema()
    texts = []
    made(schema, schema.get("$defs", {}), lambda at, _: texts.append(at) or "")
    for here in texts:

        def put(at, part, here=here):
            long = part.get("maxLength", len(TEXT)) >= len(TEXT)
            return "12" if at != here else TEXT if long else SHORT

        yield ".".join(here), made(schema, schema.get("$defs", {}), put)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with site(tmp_path_factory.mktemp("house") / "garage") as address:
        yield address


def test_no_text_of_any_route_is_more_than_a_text(url):
    asked = 0
    for row in ROWS:
        if (
            row.form is None
            or row.path.endswith(ENDS_IT)
            or any(one in row.path for one in CLOSES_IT)
        ):
            continue
        for at, body in bodies(row.form):
            address = f"{url}{example(row.path)}"
            answer = requests.request(row.method, address, json=body, timeout=LONGEST_S)
            kind = answer.headers["Content-Type"]
            assert answer.status_code < 500 or answer.json()["code"] == "not-available", (row, at)
            assert "json" in kind, (row.name, at, kind)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            asked += 1
    assert asked > 80


@pytest.fixture(scope="module")
def named(url):
    """Return a site whose every name is script: cards, people, prices, tiles and a session."""

    def ask(method, path, body, status):
        answer = requests.request(method, f"{url}/api/v1/{path}", json=body, timeout=LONGEST_S)
        assert answer.status_code == status, answer.text
        return answer.json()

    for kind in ("drivers", "cost-centres"):
        ask("POST", kind, {"name": TEXT}, 201)
    car = {"name": TEXT, "plate": SHORT, "make": TEXT, "model": TEXT}
    ask("POST", "vehicles", car, 201)
    whose = {"driver": TEXT, "vehicle": TEXT, "cost_centre": TEXT}
    ask("POST", "tokens", {"label": TEXT, "uid": "04A1B2C3D4E5F6", **whose}, 201)
    ask("POST", "prices", {"parts": [{"name": TEXT, "per_kwh": "0.10"}]}, 201)
    ask("PUT", "tiles", {"tiles": [{"node": "meter", "port": "reading", "title": TEXT}]}, 200)
    name = [
        option["value"]
        for part in requests.get(f"{url}/api/v1/settings", timeout=LONGEST_S).json()["parts"]
        for option in part["options"]
        if (part["id"], option["name"]) == ("site", "charge_point.name")
    ]
    change = {"part": "site", "option": "charge_point.name", "was": name[0], "value": TEXT}
    ask("PATCH", "settings", {"changes": [change]}, 200)
    ask("POST", "simulator/plug-in", {}, 200)
    ask("POST", "sessions/start", {"token": TEXT}, 202)
    session = session_that(url, lambda one: one["label"] == TEXT)
    ask("POST", "sessions/stop", {"token": TEXT}, 202)
    session_that(url, lambda one: one["ended_at"])
    ask("POST", f"sessions/{session}/corrections", {"why": TEXT, "driver": TEXT}, 201)
    return SimpleNamespace(url=f"{url}/", session=session)


def session_that(url, fits):
    """Return the session that fits, as soon as the ledger has it so."""
    give_up_s = SystemClock().monotonic() + PATIENCE_S
    while SystemClock().monotonic() < give_up_s:
        found = requests.get(f"{url}/api/v1/sessions", timeout=LONGEST_S).json()["items"]
        if found and fits(found[0]):
            return found[0]["session_id"]
    return pytest.fail("there is no such session")


def is_text_alone(page):
    """Assert that nothing on a page was made of the text, and that the text is there as it is."""
    made_of_it = page.locator("img[src='x'], [onerror], script:not([src]), i:not([class])")
    expect(made_of_it).to_have_count(0)
    assert page.evaluate("() => window.ran") is None


def test_every_page_shows_it_as_text(named, open_page):
    page = open_page(named)
    paths = [*PAGES, f"sessions/{named.session}", f"cards/{quote(TEXT)}"]
    for path, language in itertools.product(paths, ("en", "nl")):
        page.goto(f"{named.url}{path}")
        page.evaluate("language => localStorage.setItem('language', language)", language)
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.get_by_text("One moment")).to_have_count(0)
        is_text_alone(page)


@pytest.mark.parametrize("path", ["", "sessions", "cards", "tariffs", "settings"])
def test_where_it_stands_it_is_read_as_it_was_written(named, open_page, path):
    page = open_page(named, path)
    where = page.get_by_role("main")
    if path == "settings":
        where.get_by_role("searchbox").fill("charge_point.name")
        expect(where.get_by_label("Charge point: name")).to_have_value(TEXT)
    else:
        expect(where.get_by_text(TEXT).first).to_be_visible()
    is_text_alone(page)
