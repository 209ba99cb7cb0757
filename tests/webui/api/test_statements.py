"""Statements over the API: previewed, downloaded, issued, kept and sent."""

import csv
import hashlib
import io
import json
import re
import subprocess
from dataclasses import replace
from uuid import UUID

import openpyxl
import pytest

from nodes.notify.email import Email
from oppleo_flow.charging.correction import Changes
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.testing.by_hand import graph_of, plan
from tests.webui.api.asking_as import DRIVER, OPERATOR, asked_by
from tests.webui.api.kept_books import NOW
from tests.webui.api.kept_desk import desk_in


@pytest.fixture
def desk(runtime, feed, tmp_path):
    with desk_in(tmp_path, runtime, feed) as desk:
        yield desk


def test_a_preview_has_lines_sums_and_the_meter_beside_them(desk):
    status, told = desk.get("statements/preview?period=2026-01")
    assert (status, told["sessions"], told["energy_wh"], told["total"]) == (200, 2, 3_000, "0.90")
    assert [line["label"] for line in told["lines"]] == ["blue", "<script>alert(1)</script>"]
    assert told["reconciliation"]["counted_wh"] == 22_000
    assert told["reconciliation"]["unattributed_wh"] == 19_000
    assert told["warnings"] == []
    what = {one["what"]: (one["value"], one["unit"]) for one in told["sums"]}
    assert what["Sessions"] == ("2", "")


def test_a_preview_warns_of_what_is_not_final(desk):
    _, told = desk.get("statements/preview?period=2026-03")
    codes = {one["code"]: one["count"] for one in told["warnings"]}
    assert codes == {"preliminary": 1, "unfinished": 1, "no-registers": 1}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("period=2026-13", 422, "wrong-period"),
        ("period=0001-01-01_9999-01-01", 422, "wrong-period"),
        ("period=2026-02-01_2026-01-01", 422, "wrong-period"),
        ("", 422, "wrong-query"),
        ("period=2026-01&driver=Nobody", 503, "not-available"),
        ("period=2026-01&profile=xx", 422, "not-possible"),
    ],
)
def test_a_statement_that_cannot_be_is_refused(desk, query, status, code):
    answer = desk.get(f"statements/preview?{query}")
    assert (answer[0], answer[1]["code"]) == (status, code)


def downloaded(desk, kind, query="period=2026-01"):
    answer = desk.client.get(f"/api/v1/statements/download?{query}&format={kind}")
    assert answer.status == 200, answer.body
    return answer.headers["Content-Disposition"].rpartition("''")[2], answer.body


def test_the_three_formats_are_downloaded_under_their_names(desk, tmp_path):
    name, body = downloaded(desk, "xlsx")
    assert name == "preview-2026-01.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(body))
    cells = [cell.value for row in book.active.iter_rows() for cell in row]
    assert "<script>alert(1)</script>" in cells
    name, body = downloaded(desk, "csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert (name, [row["amount"] for row in rows]) == ("preview-2026-01.csv", ["0.30", "0.60"])
    name, body = downloaded(desk, "pdf", "period=2026-01&language=nl&driver=Anna")
    assert name.startswith("preview-2026-01-anna-")
    text = _text(body, name, tmp_path)
    assert "Voorbeeld" in text
    assert "blue" in text


def test_an_issued_statement_is_kept_with_its_hash_and_who(desk):
    status, issued = desk.post("statements", {"period": "2026-01", "language": "nl"})
    assert (status, issued["number"], issued["version"]) == (201, "cp-202601", 1)
    assert desk.notes.deeds_done == [("Otto", "issue", "statement cp-202601 v1", "0.90 EUR")]
    _, told = desk.get("statements")
    (kept,) = told["items"]
    assert (kept["issued_by"], kept["latest"], told["total"]) == ("Otto", True, 1)
    _, whole = desk.get("statements/cp-202601/1")
    assert {one["verdict"] for one in whole["files"]} == {"sound"}
    by_name = {one["name"]: one["sha256"] for one in whole["files"]}
    assert len(by_name) == 4
    for name, sha256 in by_name.items():
        answer = desk.client.get(f"/api/v1/statements/cp-202601/1/files/{name}")
        assert hashlib.sha256(answer.body).hexdigest() == sha256
    again = desk.post("statements", {"period": "2026-01", "language": "nl"})
    assert again[1] == issued


def test_after_a_correction_it_is_issued_as_another_version_that_says_what_changed(desk):
    desk.post("statements", {"period": "2026-01"})
    changes = Changes(meter_end_wh=1_020_500)
    desk.ledger.corrections.add(UUID(int=1), changes, who="Otto", why="by eye", now=NOW)
    desk.clock.advance(60)
    _, issued = desk.post("statements", {"period": "2026-01"})
    assert (issued["version"], issued["total"]) == (2, "0.75")
    _, told = desk.get("statements")
    assert [(one["version"], one["latest"]) for one in told["items"]] == [(2, True), (1, False)]
    assert told["items"][0]["changed"] == ["changed", "registers"]


def test_a_month_that_has_not_ended_is_not_issued(desk):
    status, said = desk.post("statements", {"period": "2026-03"})
    assert (status, said["code"]) == (409, "refused")
    assert desk.ledger.statements.all() == []


def test_a_file_that_was_altered_is_not_given(desk, tmp_path):
    desk.post("statements", {"period": "2026-01"})
    (file,) = (tmp_path / "reports" / "archive").glob("*.csv")
    file.chmod(0o644)
    file.write_text("1,000 kWh")
    answer = desk.client.get(f"/api/v1/statements/cp-202601/1/files/{file.name}")
    assert (answer.status, answer.json["code"]) == (409, "refused")
    for name in ("nothing.csv", "..%2f..%2fledger.sqlite"):
        answer = desk.client.get(f"/api/v1/statements/cp-202601/1/files/{name}")
        assert answer.status == 404


def test_a_driver_gets_statements_of_their_own_alone(desk):
    desk.post("statements", {"period": "2026-01"})
    desk.post("statements", {"period": "2026-01", "driver": "Anna"})
    asked_by(desk.app, DRIVER)
    _, told = desk.get("statements")
    assert [one["only_of"] for one in told["items"]] == [{"driver": "Anna"}]
    own = told["items"][0]["number"]
    assert desk.get(f"statements/{own}/1")[0] == 200
    for path in ("cp-202601/1", "cp-202601/1/files/cp-202601-v1.csv", "other/1"):
        assert desk.get(f"statements/{path}")[0] == 404
    _, shown = desk.get("statements/preview?period=2026-01&driver=Ben")
    assert [line["label"] for line in shown["lines"]] == ["blue"]


@pytest.mark.parametrize("kind", ["preview", "download"])
@pytest.mark.parametrize(
    "query",
    [
        pytest.param("vehicle=%3Cb%3Ebus%3C/b%3E", id="what only others have"),
        pytest.param("vehicle=%3Cb%3Ebu", id="nearly what others have"),
        pytest.param("card=%3Cscript%3Ealert(1)", id="nearly a card of others"),
        pytest.param("cost_centre=Marketing", id="what nobody has"),
    ],
)
def test_a_driver_is_not_told_which_names_others_have(desk, kind, query):
    asked_by(desk.app, DRIVER)
    form = "&format=csv" if kind == "download" else ""
    status, told = desk.get(f"statements/{kind}?period=2026-01{form}&{query}")
    assert (status, told["code"]) == (404, "no-such-name")
    assert told["detail"] == "none of your sessions bears such a name"


def test_a_driver_whom_nobody_knows_any_more_is_not_told_of_others(desk):
    desk.ledger.accounts.add("driver", "Ann")
    asked_by(desk.app, replace(DRIVER, driver="Anne"))
    status, told = desk.get("statements/preview?period=2026-01")
    assert (status, told["code"]) == (503, "not-available")
    assert told["detail"] == "this statement cannot be made; ask who keeps the books"


def test_every_month_since_the_first_has_what_its_statement_has(desk):
    _, told = desk.get("statements/history")
    assert told == {
        "currency": "EUR",
        "items": [
            {"period": "2026-03", "sessions": 0, "energy_wh": 0, "amount": "0.00", "unknown": 0},
            {
                "period": "2026-02",
                "sessions": 1,
                "energy_wh": 3_000,
                "amount": "0.90",
                "unknown": 0,
            },
            {
                "period": "2026-01",
                "sessions": 2,
                "energy_wh": 3_000,
                "amount": "0.90",
                "unknown": 0,
            },
        ],
    }


def test_a_statement_is_given_to_the_node_that_mails(desk, runtime):
    payroll = plan(Email, {"to": ["payroll@example.com"], "mail": "post"})
    runtime.graph = graph_of({"payroll": payroll})
    sent = []
    runtime.inject = lambda node, port, payload: sent.append((node, port, payload))
    desk.post("statements", {"period": "2026-01"})
    _, senders = desk.get("statements/senders")
    assert senders == {"items": [{"node": "payroll", "to": ["payroll@example.com"]}]}
    status, said = desk.post("statements/cp-202601/1/send", {"node": "payroll"})
    assert (status, said["to"]) == (202, ["payroll@example.com"])
    ((node, port, written),) = sent
    assert (node, port, type(written), written.number) == (
        *("payroll", "in", ReportWritten),
        "cp-202601",
    )
    assert {name.rpartition(".")[2] for name in written.files} == {"pdf", "xlsx", "csv"}
    assert desk.notes.deeds_done[-1] == (
        *("Otto", "send", "statement cp-202601 v1"),
        "payroll@example.com",
    )
    assert desk.post("statements/cp-202601/1/send", {"node": "led"})[0] == 409


def test_a_statement_of_which_a_file_was_altered_is_not_mailed(desk, runtime, tmp_path):
    payroll = plan(Email, {"to": ["payroll@example.com"], "mail": "post"})
    runtime.graph = graph_of({"payroll": payroll})
    sent = []
    runtime.inject = lambda node, port, payload: sent.append(payload)
    desk.post("statements", {"period": "2026-01"})
    (file,) = (tmp_path / "reports" / "archive").glob("*.csv")
    file.chmod(0o644)
    file.write_text("another sum")
    status, said = desk.post("statements/cp-202601/1/send", {"node": "payroll"})
    assert (status, said["detail"]) == (
        409,
        f"{file.name}: was altered since it was issued; put it back from a backup",
    )
    assert sent == []


@pytest.mark.parametrize(
    ("kind", "name", "purpose"),
    [("driver", "Anna", "driver"), ("cost-centre", "Sales", "cost_centre")],
)
def test_a_statement_of_somebody_is_mailed_to_their_own_address(desk, runtime, kind, name, purpose):
    runtime.graph = graph_of({"payroll": plan(Email, {"to": ["all@example.com"], "mail": "post"})})
    sent = []
    runtime.inject = lambda node, port, payload: sent.append(payload)
    desk.ledger.accounts.add(kind, name)
    desk.post("statements", {"period": "2026-01", purpose: name})
    assert desk.get("statements/cp-202601/1")[1]["own_to"] is None
    own = {"node": "payroll", "own": True}
    status, said = desk.post("statements/cp-202601/1/send", own)
    assert (status, said["detail"]) == (
        409,
        "statement cp-202601: is of nobody who has an e-mail address",
    )
    desk.ledger.accounts.set_email(kind, name, "own@example.org")
    desk.ledger.accounts.rename(kind, name, "another")
    assert desk.get("statements/cp-202601/1")[1]["own_to"] == "own@example.org"
    assert desk.post("statements/cp-202601/1/send", own) == (
        202,
        {"node": "payroll", "to": ["own@example.org"]},
    )
    assert [one.addressed_to for one in sent] == [(kind, "another")]
    assert desk.notes.deeds_done[-1][3] == "own@example.org"


def test_no_driver_is_told_an_address(desk):
    desk.ledger.accounts.add("driver", "Anna")
    desk.ledger.accounts.set_email("driver", "Anna", "anna@example.org")
    desk.post("statements", {"period": "2026-01", "driver": "Anna"})
    asked_by(desk.app, DRIVER)
    assert desk.get("statements/cp-202601/1")[1]["own_to"] is None


@pytest.mark.parametrize("who", [DRIVER, OPERATOR])
def test_a_statement_of_one_driver_has_no_figure_of_others_in_any_form(desk, who, tmp_path):
    """The meter counted 22 kWh, of which 1 is Anna's, 2 are Ben's and 19 on no session."""
    desk.post("statements", {"period": "2026-01", "driver": "Anna"})
    asked_by(desk.app, who)
    _, told = desk.get("statements/preview?period=2026-01&driver=Anna")
    assert (told["reconciliation"], told["warnings"]) == (None, [])
    kept = {}
    for file in desk.get("statements/cp-202601/1")[1]["files"]:
        name = file["name"]
        kept[name] = desk.client.get(f"/api/v1/statements/cp-202601/1/files/{name}").body
    forms = [json.dumps(told), *(_text(body, name, tmp_path) for name, body in kept.items())]
    for kind in ("xlsx", "pdf", "csv", "csv-excel"):
        name, body = downloaded(desk, kind, "period=2026-01&driver=Anna")
        forms.append(_text(body, name, tmp_path))
    assert len(forms) == 9
    for text in forms:
        assert not re.search(r"(?<![\d.])(22|19|2)[.,]000|1[.,]?042[.,]|\b(22|19|2)000\b", text)
        assert "Ben" not in text
        assert str(UUID(int=2)) not in text


def test_the_owners_statement_says_what_the_meter_counted_in_every_form(desk, tmp_path):
    assert (
        desk.get("statements/preview?period=2026-01")[1]["reconciliation"]["counted_wh"] == 22_000
    )
    for kind in ("xlsx", "pdf"):
        name, body = downloaded(desk, kind)
        assert re.search(r"\b22(\.000)?\b", _text(body, name, tmp_path))


def _text(body, name, folder):
    """Return all that a person or a program can read in a file."""
    if name.endswith(".xlsx"):
        sheets = openpyxl.load_workbook(io.BytesIO(body), data_only=True).worksheets
        cells = (cell for sheet in sheets for row in sheet.iter_rows() for cell in row)
        return "\n".join(str(cell.value) for cell in cells if cell.value is not None)
    if not name.endswith(".pdf"):
        return body.decode()
    (folder / "read.pdf").write_bytes(body)
    read = ["pdftotext", "-layout", folder / "read.pdf", "-"]
    return subprocess.run(read, capture_output=True, check=True).stdout.decode()
