import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from oppleo_flow.charging.statement import Statement
from oppleo_flow.reports.pdf import pdf
from tests.oppleo_flow.reports.statements import WHOLE, session, statement

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext is missing")


def text(of: Statement, tmp_path: Path) -> str:
    file = tmp_path / "statement.pdf"
    file.write_bytes(pdf(of))
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


def pages(of: Statement) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf(of)))


@needs_poppler
def test_head_lines_and_sums_can_be_read(tmp_path):
    lines = [" ".join(line.split()) for line in text(WHOLE, tmp_path).splitlines()]
    assert "Statement my-charger 2026-10" in lines
    assert (
        "1 2026-10-24 22:00 +02:00 2026-10-25 02:00 +01:00 family "
        "1020.000 1032.345 12.345 0.3141 3.88"
    ) in lines
    assert (
        "3 2026-10-27 11:00 +01:00 2026-10-27 16:00 +01:00 family "
        "1060.000 – – 0.3141 – energy unknown"
    ) in lines
    assert "Total, the sum of the rounded amounts 7.76 EUR" in lines
    assert "Not part of any session 62.965 kWh" in lines


@needs_poppler
def test_a_character_that_the_font_has_not_got_loses_its_accent(tmp_path):
    found = text(statement(session(1, label="Łukasz ę ő \N{ELECTRIC PLUG}")), tmp_path)
    assert "Łukasz e o ?" in found


@needs_poppler
def test_a_long_name_is_cut_and_no_figure_is(tmp_path):
    found = text(statement(session(1, label="somebody's " * 10)), tmp_path)
    assert "somebody's someb" in found
    assert found.count("…") == 1


def test_the_same_statement_gives_the_same_bytes():
    assert pdf(WHOLE) == pdf(WHOLE)


def test_the_file_bears_the_time_of_the_statement():
    assert b"/CreationDate (D:20261101050008+00'00')" in pdf(WHOLE)


def test_a_month_without_sessions_is_a_statement_too():
    assert pages(statement()) == 1


@needs_poppler
def test_every_page_has_the_titles_and_no_line_is_lost(tmp_path):
    many = statement(*(session(n) for n in range(1, 101)))
    found = text(many, tmp_path)
    assert found.count("Remarks") == pages(many) == 3
    numbers = re.findall(r"^ *(\d+) +2026-10-24", found, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 101))


@needs_poppler
def test_no_remark_is_cut_and_lines_of_several_rows_fill_pages_too(tmp_path):
    flags = {"interrupted": True, "clock_uncertain": True, "meter_start_quality": "late"}
    many = statement(*(replace(session(n), late_end=True, **flags) for n in range(1, 61)))
    found = text(many, tmp_path)
    assert "…" not in found
    assert found.count("interrupted") == found.count("clock") == found.count("uncertain") == 60
    assert (found.count("Remarks"), pages(many)) == (3, 4)  # the sums are on the last one
    numbers = re.findall(r"^ *(\d+) +2026-10-24", found, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 61))
