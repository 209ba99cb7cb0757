"""The log of a running site: its forms, and what it leaves out."""

import io
import json
import logging
import os
import re
import sys

import pytest

from oppleo_flow.cli.log import Log
from oppleo_flow.cli.log_lines import is_journal
from oppleo_flow.cli.site_config import LogSettings
from oppleo_flow.clock import VirtualClock
from oppleo_flow.redaction import Redaction
from oppleo_flow.testing.bench import NOON

METER = logging.getLogger("oppleo_flow.node.meter")


@pytest.fixture
def clock():
    return VirtualClock(NOON)


@pytest.fixture
def start(tmp_path, clock):
    """Return what starts the log; what it added is taken away again."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def started(**settings):
        redaction = Redaction()
        redaction.learn("prowl_key", "hunter2-hunter2")
        found = LogSettings.model_validate(settings)
        return Log(tmp_path / "log", found, clock=clock, redaction=redaction)

    yield started
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def lines(log):
    """Return what is in the log file, without the times."""
    return [line.split("Z ", 1)[1] for line in log.file.read_text().splitlines()]


def test_a_line_for_people_has_time_level_who_and_what(start):
    log = start()
    METER.warning("%s: fault %s", "meter", "meter-silent")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING oppleo_flow\.node\.meter: "
        r"meter: fault meter-silent\n",
        log.file.read_text(),
    )


def test_a_line_for_programs_is_an_object_that_names_the_node(start):
    log = start(format="json")
    METER.warning("fault %s", "meter-silent")
    said = json.loads(log.file.read_text())
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.\d{3}Z", said.pop("time"))
    assert said == {
        "level": "warning",
        "logger": "oppleo_flow.node.meter",
        "node": "meter",
        "message": "fault meter-silent",
    }


def test_a_traceback_is_a_part_of_its_object(start):
    log = start(format="json")
    try:
        raise ValueError("no hunter2-hunter2 here")
    except ValueError:
        METER.exception("it went wrong")
    (line,) = log.file.read_text().splitlines()
    assert json.loads(line)["traceback"].endswith("ValueError: no <secret prowl_key> here")


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_value_of_a_secret_is_in_no_line_and_in_no_traceback(start, form, capsys):
    log = start(format=form)
    try:
        raise ValueError("GET https://example.org/?key=hunter2-hunter2")
    except ValueError:
        METER.exception("hunter2-hunter2 is refused")
    shown = log.file.read_text() + capsys.readouterr().err
    assert "hunter2" not in shown
    assert "<secret prowl_key> is refused" in shown
    assert "https://example.org/?key=<secret prowl_key>" in shown


# -- repeats -----------------------------------------------------------------------------------


def test_what_comes_again_within_a_minute_is_counted_and_told_with_the_next_line(start, clock):
    log = start()
    for _ in range(42):
        METER.warning("fault meter-silent")
    clock.advance(61)
    METER.info("something else")
    assert lines(log) == [
        "WARNING oppleo_flow.node.meter: fault meter-silent",
        "WARNING oppleo_flow.node.meter: fault meter-silent … 41 more in 61 s",
        "INFO    oppleo_flow.node.meter: something else",
    ]


def test_what_goes_on_is_told_of_each_minute_and_not_said_again(start, clock):
    log = start()
    for _ in range(180):
        METER.warning("fault meter-silent")
        clock.advance(1)
    log.tell_repeats()
    assert lines(log) == [
        "WARNING oppleo_flow.node.meter: fault meter-silent",
        "WARNING oppleo_flow.node.meter: fault meter-silent … 59 more in 60 s",
        "WARNING oppleo_flow.node.meter: fault meter-silent … 60 more in 60 s",
        "WARNING oppleo_flow.node.meter: fault meter-silent … 60 more in 60 s",
    ]


def test_what_has_not_come_for_a_minute_is_said_again(start, clock):
    log = start()
    METER.warning("fault meter-silent")
    clock.advance(61)
    METER.warning("fault meter-silent")
    assert lines(log) == ["WARNING oppleo_flow.node.meter: fault meter-silent"] * 2


def test_another_text_another_node_and_another_cause_are_no_repeats(start):
    log = start()
    METER.warning("fault meter-silent")
    METER.warning("fault meter-wrong")
    logging.getLogger("oppleo_flow.node.other").warning("fault meter-silent")
    for cause in ("one", "two"):
        METER.error("failed", exc_info=ValueError(cause))
    assert len([line for line in log.file.read_text().splitlines() if "oppleo_flow" in line]) == 5


def test_what_is_logged_for_debugging_is_there_each_time(start):
    log = start(level="debug")
    for _ in range(3):
        METER.debug("asked")
    assert len(lines(log)) == 3


def test_the_number_is_told_when_the_log_ends(start):
    log = start()
    for _ in range(3):
        METER.warning("fault meter-silent")
    for handler in logging.getLogger().handlers:
        handler.close()
    assert lines(log)[-1].endswith("fault meter-silent … 2 more in 0 s")


def test_ever_new_lines_take_no_more_memory(start):
    log = start(size_kb=1000)
    METER.warning("the first")
    METER.warning("the first")
    for number in range(200):
        METER.warning("line %d", number)
    assert "WARNING oppleo_flow.node.meter: the first … 1 more in 0 s" in lines(log)


# -- where stderr leads ------------------------------------------------------------------------


@pytest.fixture
def journal(tmp_path, monkeypatch):
    """Return what lets stderr be a file that systemd calls its journal."""
    with (tmp_path / "journal").open("w+") as file:

        def become_stderr():
            found = os.fstat(file.fileno())
            monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
            monkeypatch.setattr(sys, "stderr", file)
            return tmp_path / "journal"

        yield become_stderr


def test_the_journal_gets_all_with_priorities_on_each_line(start, journal):
    stderr_file = journal()
    start(level="debug")
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        METER.log(level, "said at %d", level)
    METER.error("two\nlines")
    sys.stderr.flush()
    assert stderr_file.read_text().splitlines() == [
        "<7>said at 10",
        "<6>said at 20",
        "<4>said at 30",
        "<3>said at 40",
        "<3>said at 50",
        "<3>two",
        "<3>lines",
    ]


def test_the_journal_gets_objects_where_the_log_is_json(start, journal):
    stderr_file = journal()
    start(format="json")
    METER.info("hello")
    sys.stderr.flush()
    line = stderr_file.read_text()
    assert (line[:3], json.loads(line[3:])["message"]) == ("<6>", "hello")


def test_a_stream_that_is_not_the_one_that_systemd_made_is_no_journal():
    assert is_journal((8, 77), {"JOURNAL_STREAM": "8:77"})
    assert not is_journal((8, 78), {"JOURNAL_STREAM": "8:77"})
    assert not is_journal((8, 77), {})


def test_where_no_terminal_is_warnings_are_objects_too(start, capsys):
    start(format="json")
    METER.info("not for stderr")
    METER.warning("for stderr")
    assert json.loads(capsys.readouterr().err)["message"] == "for stderr"


def test_a_terminal_shows_a_line_for_people_whatever_the_file_has(start, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    start(format="json")
    METER.warning("for people")
    assert terminal.getvalue() == "oppleo-flow: for people\n"
