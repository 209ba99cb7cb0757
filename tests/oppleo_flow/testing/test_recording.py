"""Reading recordings: whole ones, those of a killed recorder, and what is none."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import ConfigError
from oppleo_flow.payloads import CardSeen
from oppleo_flow.testing.recording import read_recording

HEADER = {
    "oppleo_flow_recording": 1, "flow": "f", "began_at": "2026-01-15T12:00:00+00:00",
    "charge_point": "garage", "timezone": "Europe/Amsterdam",
    "nodes": ["rfid", "end"], "sources": ["rfid"], "revision": "abc",
}  # fmt: skip
CARD = {
    "kind": "message", "at": "2026-01-15T12:00:05+00:00", "node": "rfid", "port": "card",
    "id": 7, "trace": 7, "began_at": "2026-01-15T12:00:05+00:00", "source": "f/rfid.card",
    "type": "CardSeen", "value": {"uid": "04", "legacy_id": "1"},
}  # fmt: skip
VALUELESS = {name: value for name, value in CARD.items() if name != "value"}
LOST = {"kind": "lost", "at": "2026-01-15T12:00:06+00:00", "count": 3}
END = {"kind": "end", "at": "2026-01-15T12:10:00+00:00", "why": "told to stop"}


@pytest.fixture
def read(tmp_path):
    def reading(*lines, cut=""):
        file = tmp_path / "r.ndjson"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("".join(f"{text}\n" for text in texts) + cut)
        return read_recording(file)

    return reading


def test_a_recording_is_its_header_and_what_happened(read):
    found = read(HEADER, CARD, LOST, {"kind": "frame", "at": CARD["at"]}, END)
    assert (found.flow, found.charge_point, found.sources, found.lost) == (
        "f",
        "garage",
        ("rfid",),
        3,
    )
    assert found.ended_at.isoformat() == END["at"]
    (card,) = found.happenings
    assert (card.number, card.node, card.port, card.trace) == (2, "rfid", "card", 7)
    assert card.payload() == CardSeen("04", "1")
    assert found.cut is None


@pytest.mark.parametrize("length", [1, 20, 200])
def test_a_last_line_that_is_cut_off_is_left_out_and_told(read, length):
    found = read(HEADER, CARD, cut=json.dumps(CARD)[:length])
    assert (len(found.happenings), found.cut) == (1, 3)
    assert found.ended_at.isoformat() == CARD["at"]


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([], "1: is no recording of a flow; make one with `oppleo-flow record`"),
        (["flow: f"], "1: is no recording of a flow; make one with `oppleo-flow record`"),
        ([{"a": 1}], "1: is no recording of a flow; make one with `oppleo-flow record`"),
        (
            [{**HEADER, "oppleo_flow_recording": 2}],
            "1: has the format 2, and 1 is needed; record it again",
        ),
        ([HEADER, "{broken", END], "2: is not JSON, got '{broken'"),
        ([HEADER, "7"], "2: is no line of a recording, got '7'"),
        ([{**HEADER, "timezone": "Mars/Base"}], "1: is no recording of a flow; make one with "
            "`oppleo-flow record`"),
        ([HEADER, {"kind": "message"}], "2: at: a moment is needed"),
        ([HEADER, {**CARD, "at": "2026-01-15T12:00:05"}], "2: at: a moment is needed"),
        ([HEADER, {**CARD, "port": None}], "2: port: a message needs this text"),
        ([HEADER, {**CARD, "trace": "7"}], "2: trace: a whole number is needed"),
        ([HEADER, {**LOST, "count": "many"}], "2: count: a whole number is needed"),
        ([HEADER, VALUELESS], "2: value: a message needs one"),
        ([HEADER, {**CARD, "node": None, "at": "soon"}], "2: at: a moment is needed"),
    ],
    ids=[
        "nothing", "another file", "other JSON", "a later format", "a broken line", "no object",
        "no such zone", "no moment", "a moment without a zone", "no port", "no trace", "no count",
        "no value", "a wrong moment",
    ],
)  # fmt: skip
def test_what_is_no_recording_is_told_with_its_line(read, tmp_path, lines, wrong):
    with pytest.raises(ConfigError) as raised:
        read(*lines)
    assert str(raised.value) == f"{tmp_path / 'r.ndjson'}:{wrong}"


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.ndjson: there is no such file"):
        read_recording(tmp_path / "none.ndjson")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"type": "Gone"}, "no node here knows the payload 'Gone'"),
        ({"value": {"uid": "04"}}, "is no CardSeen any more: 1 validation error for CardSeen"),
        ({"unwritten": "is too long: 99 characters"}, "cannot be played: its payload is too long"),
    ],
    ids=["an unknown type", "other fields", "not written"],
)
def test_a_payload_that_cannot_be_read_is_told_with_its_line(read, change, wrong):
    (card,) = read(HEADER, {**CARD, **change}).happenings
    with pytest.raises(ConfigError) as raised:
        card.payload()
    assert f"r.ndjson:2: rfid.card: {wrong}" in str(raised.value)


WHOLE = "".join(f"{json.dumps(line)}\n" for line in (HEADER, CARD, LOST, CARD, END)).encode()


@settings(max_examples=200, deadline=None)
@given(
    at=st.integers(0, len(WHOLE)), gone=st.integers(0, 60), instead=st.binary(max_size=8)
)  # fmt: skip
def test_whatever_becomes_of_a_file_it_is_read_or_told(tmp_path_factory, at, gone, instead):
    file = tmp_path_factory.getbasetemp() / "damaged.ndjson"
    file.write_bytes(WHOLE[:at] + instead + WHOLE[at + gone :])
    told = ""
    try:
        for one in read_recording(file).happenings:
            one.payload()
    except ConfigError as error:
        told = str(error)
    assert not told or told.startswith(f"{file}:")
