"""`oppleo-flow replay`: recordings through the flow of a site."""

import json

import pytest

from oppleo_flow.cli import main
from tests.oppleo_flow.testing.recorded_house import flow_text, record_house


def a_session(house):
    """Begin a session and end it."""
    house.run_for(20)
    house.swipe("family")
    house.run_for(60)
    house.swipe("family")
    house.run_for(20)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return record_house(tmp_path_factory.mktemp("house"), a_session)


@pytest.fixture
def flow(site):
    """Return the flow of the site, as it was when it was recorded."""
    (site / "flows").mkdir()
    file = site / "flows" / "charge-point.yaml"
    file.write_text(flow_text())
    return file


def test_a_flow_that_does_the_same_is_told_with_how_much_that_is(flow, recording, capsys):
    assert main(["replay", str(recording)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    same, wires, played = (int(word) for word in out.split() if word.isdigit())
    assert out == f"{same} messages on {wires} wires were the same, after {played} of the sources\n"
    assert same > 10
    assert wires > 5


def test_the_first_difference_is_shown_and_ends_with_1(flow, recording, capsys):
    assert main(["replay", str(recording), str(flow), "--set", "offpeak_only=on"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": charge-point: offpeak.out")
    assert [line.split()[0] for line in lines[1:4]] == ["expected", "received", "way"]
    assert lines[-1].startswith("until then ")


def test_a_program_is_told_in_json(flow, recording, capsys):
    assert main(["replay", str(recording), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["flow"], found["difference"], found["lost"]) == ("charge-point", None, 0)


def test_losses_and_a_broken_end_are_told(flow, recording, site, capsys):
    cut = site / "cut.ndjson"
    lost = '{"kind": "lost", "at": "2026-01-15T12:00:30+00:00", "count": 7}\n'
    first, *rest = recording.read_text().splitlines(keepends=True)[:-1]
    cut.write_text(first + lost + "".join(rest) + '{"kind": "mess')
    assert main(["replay", "cut.ndjson"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        f"cut.ndjson:{len(rest) + 3}: is cut off here; what is before it counts",
        "cut.ndjson: 7 messages were lost when it was recorded",
    ]


@pytest.mark.parametrize(
    ("words", "code", "wrong"),
    [
        (["none.ndjson"], 2, "none.ndjson: there is no such file"),
        (
            ["oppleo.yaml"],
            2,
            "oppleo.yaml:1: is no recording of a flow; make one with `oppleo-flow record`",
        ),
        (["R", "--without", "bell"], 2, "--without: there is no node 'bell'; see "),
        (["R", "--within", "soon"], 2, "--within: "),
        (
            ["R", "--set", "wrong"],
            2,
            "--set: NAME=VALUE is needed, got 'wrong'; see `oppleo-flow replay --help`",
        ),
    ],
    ids=["no file", "no recording", "no such node", "no time", "no variable"],
)
def test_what_is_asked_wrongly_is_told_in_one_line(flow, recording, capsys, words, code, wrong):
    words = [str(recording) if word == "R" else word for word in words]
    assert main(["replay", *words]) == code
    assert capsys.readouterr().err.startswith(f"oppleo-flow: {wrong}")


def test_the_recording_of_another_flow_is_refused_unless_it_is_meant(site, recording, capsys):
    other = site / "other.yaml"
    other.write_text(flow_text({"flow: charge-point": "flow: other"}))
    assert main(["replay", str(recording), "other.yaml"]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {recording}: is a recording of the flow 'charge-point', and other.yaml is "
        "'other'; name the flow, or compare them nevertheless with --any-flow\n"
    )
    assert main(["replay", str(recording), "other.yaml", "--any-flow"]) == 0


def test_a_variable_that_the_flow_does_not_have_is_told(flow, recording, capsys):
    assert main(["replay", str(recording), "--set", "offpeak=on"]) == 2
    assert "offpeak" in capsys.readouterr().err


def test_what_a_card_brought_about_is_printed_as_tests(flow, recording, capsys):
    assert main(["replay", str(recording), "--as-tests", "rfid"]) == 0
    out = capsys.readouterr().out
    assert out.count("- name: ") == 2
    assert "    - send: {rfid.card: {type: CardSeen, uid: 04A1B2C3, " in out
    assert main(["replay", str(recording), "--as-tests", "reader"]) == 2


def test_a_flow_with_errors_is_told_as_a_check_does(flow, recording, capsys):
    flow.write_text(flow_text({"    from: rfid\n": "    from: rfd\n"}))
    assert main(["replay", str(recording)]) == 2
    assert "there is no node 'rfd'; did you mean 'rfid'?" in capsys.readouterr().err
