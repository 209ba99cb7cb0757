"""Each profile's transcript, played through the real driver and read by another library."""

from contextlib import closing
from pathlib import Path

import pytest
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from oppleo_flow.devices.meter_line import TranscriptLine
from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.meters import Meter
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import answer, question
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.profile_files import built_in_models, meter_profile
from oppleo_flow.devices.transcripts import Transcript, read_transcript, transcript_of
from oppleo_flow.errors import ConfigError

ASK = question(1, "input", Block(0, 2)).hex(" ")
ANSWER = answer(1, "input", (0x4366, 0x3333)).hex(" ")
WHOLE = f"""\
origin: constructed
document: a document
frames: [{{ask: {ASK}, answer: {ANSWER}}}]
expect: {{serial: null, power_w: 0, power_phases_w: [], voltage_phases_v: [230.2],
  current_phases_a: [], frequency_hz: null, energy_wh: 0}}
"""


@pytest.mark.parametrize("model", built_in_models())
def test_the_driver_makes_of_it_what_is_expected(model):
    transcript = transcript_of(model)
    expected = transcript.expect.model_dump()
    selection = Selection(meter_profile(model), also=[*expected["also"]])
    with closing(TranscriptLine(transcript)) as line:
        bus = ModbusRtuBus(line.path, baud=38400)
        values = Meter(bus, transcript.unit_id, selection).read()
        bus.close()

    assert {name: getattr(values, name) for name in expected} == expected


@pytest.mark.parametrize("model", built_in_models())
def test_another_library_finds_the_same_frames_whole(model):
    for exchange in transcript_of(model).frames:
        for frame, is_server in ((exchange.ask, True), (exchange.answer, False)):
            framer = FramerRTU(DecodePDU(is_server))
            used, unit_id, _, data = framer.decode(frame)
            assert (used, unit_id) == (len(frame), 1)
            assert data == frame[1:-2]


@pytest.mark.parametrize("model", built_in_models())
def test_it_holds_every_value_that_the_profile_names(model):
    replies, profile = transcript_of(model).replies(), meter_profile(model)
    for value in profile.values.values():
        for block in value.blocks:
            reply = replies.to(question(1, profile.table, block))
            assert reply is not None
            assert len(reply) == 5 + 2 * block.count


def test_it_answers_parts_of_what_it_has_and_refuses_the_rest():
    replies = transcript_of("SDM120").replies()

    assert replies.to(question(1, "input", Block(6, 2))) == answer(1, "input", (0x4119, 0xEB85))
    assert replies.to(question(1, "input", Block(0x100, 2))).hex(" ") == "01 84 02 c2 c1"
    assert replies.to(b"12345678") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("document: a document", "by: me",
                     "1:1: document: a constructed transcript names what it is made from",
                     id="constructed from nothing"),
        pytest.param("origin: constructed", "origin: recorded",
                     "1:1: by, date and firmware: a recorded transcript says whose it is",
                     id="recorded by nobody"),
        pytest.param(ASK, ASK[:-2] + "00",
                     "3:11: frames[0].ask: a whole question is needed, with its checksum, got "
                     "'01 04 00 00 00 02 71 00'",
                     id="a question with a slip"),
        pytest.param(ANSWER, ANSWER[:-2] + "00",
                     "3:41: frames[0].answer: a whole answer is needed, with its checksum, got "
                     "'01 04 04 43 66 33 33 5a 00'",
                     id="an answer with a slip"),
        pytest.param(f"ask: {ASK}", "ask: 5",
                     "3:11: frames[0].ask: bytes in hexadecimal are needed, such as "
                     "01 04 00 00 00 02 71 CB, got '5'", id="a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_one_is_told_with_its_place(tmp_path: Path, old, new, message):
    file = tmp_path / "x.yaml"
    file.write_text(WHOLE.replace(old, new))

    with pytest.raises(ConfigError) as wrong:
        read_transcript(file)
    assert str(wrong.value) == f"{file}:{message}"


def test_one_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match=r"no-such-meter\.yaml: meter transcript: cannot be read"):
        transcript_of("no-such-meter")


def test_a_recorded_one_says_whose_it_is(tmp_path: Path):
    file = tmp_path / "x.yaml"
    whose = "origin: recorded\nby: a user\ndate: 2026-01-15\nfirmware: '1.84'"
    file.write_text(WHOLE.replace("origin: constructed", whose))

    assert isinstance(read_transcript(file), Transcript)
