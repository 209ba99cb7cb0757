import re
import subprocess
from dataclasses import replace
from pathlib import Path

from oppleo_flow.charging.period import Period
from oppleo_flow.payloads import Attribution
from oppleo_flow.reports.document import Document
from oppleo_flow.reports.pdf import pdf
from tests.oppleo_flow.reports.statements import (
    DUTCH,
    HEADING,
    PREVIEW,
    document,
    session,
)


def text(of: Document, tmp_path: Path) -> str:
    file = tmp_path / "statement.pdf"
    file.write_bytes(pdf(of))
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


def pages(of: Document) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf(of)))


def test_head_lines_and_sums_can_be_searched(tmp_path):
    lines = [" ".join(line.split()) for line in text(PREVIEW, tmp_path).splitlines()]
    assert "Preview of a charging statement" in lines
    assert (
        "1 00000000 2026-10-24 22:00 +02:00 2026-10-25 02:00 +01:00 family "
        "1,020.000 1,032.345 12.345 0.3141 3.88"
    ) in lines
    assert (
        "3 00000000 2026-10-27 11:00 +01:00 2026-10-27 16:00 +01:00 family "
        "1,060.000 – – 0.3141 – energy unknown"
    ) in lines
    assert "Total, the sum of the rounded amounts 7.76 EUR" in lines
    assert "Of which not part of any session 62.965 kWh" in lines
    assert "Date, name, signature" in lines


def test_a_statement_in_dutch_has_decimal_commas(tmp_path):
    lines = [" ".join(line.split()) for line in text(DUTCH, tmp_path).splitlines()]
    assert "Voorbeeld van een laadoverzicht" in lines
    assert (
        "1 00000000 2026-10-24 22:00 +02:00 2026-10-25 02:00 +01:00 family "
        "1.020,000 1.032,345 12,345 0,3141 3,88"
    ) in lines


def test_the_cover_has_a_bar_for_each_day_of_a_month_and_each_month_of_a_year(tmp_path):
    month = text(document(session(1)), tmp_path)
    assert "Energy per day, kWh (a session counts for the day on which it ended)" in month
    assert re.search(r"^ +1 +2 +3 +4 +5 .* 31$", month, re.MULTILINE)
    year = replace(HEADING, period=Period.parse("2026"))
    found = text(document(session(1), heading=year), tmp_path)
    assert "Energy per month, kWh" in found
    assert re.search(r"^ +2026-01 +2026-02 .* 2026-12$", found, re.MULTILINE)


def test_each_page_says_which_it_is_of_how_many(tmp_path):
    many = document(*(session(n) for n in range(1, 101)))
    found = re.findall(r"page (\d+) / (\d+)", text(many, tmp_path))
    count = str(pages(many))
    assert found == [(str(n + 1), count) for n in range(int(count))]


def test_accents_and_the_euro_sign_are_searchable(tmp_path):
    of = Attribution("Zoë Müller", "Kangoo", "AB-123-C", "Ventes € à l'étranger")
    found = text(document(replace(session(1), attribution=of, odometer_km=45_678)), tmp_path)
    assert "Zoë Müller" in found
    assert "Ventes € à l'étranger" in found
    assert "45,678 km" in found


def test_a_character_that_the_font_has_not_got_loses_its_accent(tmp_path):
    found = text(document(session(1, label="Łukasz ę ő \N{ELECTRIC PLUG}")), tmp_path)
    assert "Łukasz e o ?" in found


def test_markup_in_a_name_is_printed_as_it_was_written_and_does_nothing(tmp_path):
    of = Attribution("<i>Zoë", "<img src=x>", "</para>", '<a href="x">&amp;')
    found = text(document(replace(session(1, label="<b>=1+1"), attribution=of)), tmp_path)
    for written in ("<b>=1+1", "<i>Zoë", "<img src=x>", "</para>", '<a href="x">&amp;'):
        assert written in found


def test_a_long_name_is_cut_and_no_figure_is(tmp_path):
    found = text(document(session(1, label="somebody's " * 10)), tmp_path)
    assert "somebody's someb" in found
    assert found.count("…") == 1


def test_the_same_statement_gives_the_same_bytes():
    assert pdf(PREVIEW) == pdf(PREVIEW)


def test_the_file_bears_the_time_of_the_statement():
    assert b"/CreationDate (D:20261101050008+00'00')" in pdf(PREVIEW)


def test_a_month_without_sessions_is_a_statement_too():
    assert pages(document()) == 1


def test_every_page_has_the_titles_and_no_line_is_lost(tmp_path):
    many = document(*(session(n) for n in range(1, 101)))
    found = text(many, tmp_path)
    assert (found.count("Remarks"), pages(many)) == (3, 4)  # but for the cover
    numbers = re.findall(r"^ *(\d+) +[0-9a-f]{8} +2026-10-24", found, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 101))


def test_no_remark_is_cut_and_lines_of_several_rows_fill_pages_too(tmp_path):
    flags = {"interrupted": True, "clock_uncertain": True, "meter_start_quality": "late"}
    many = document(*(replace(session(n), late_end=True, **flags) for n in range(1, 61)))
    found = text(many, tmp_path)
    assert "…" not in found
    assert found.count("interrupted") == found.count("clock") == found.count("uncertain") == 60
    assert (found.count("Remarks"), pages(many)) == (3, 5)  # a cover, and the sums
    numbers = re.findall(r"^ *(\d+) +[0-9a-f]{8} +2026-10-24", found, re.MULTILINE)
    assert [int(number) for number in numbers] == list(range(1, 61))
