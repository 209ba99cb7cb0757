"""Whatever stands in a row: a session that can be, or a refusal, and always an account of it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.oppleo_import.devices import OppleoMeter
from oppleo_flow.oppleo_import.identity import same_id
from oppleo_flow.oppleo_import.local_time import LocalClock
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.sessions import MappedSession, SessionMap, Surroundings
from oppleo_flow.oppleo_import.tokens import TokenMap
from tests.oppleo_flow.oppleo_import.oppleo_database import CARD, CHARGER

CLOCK = LocalClock(ZoneInfo("Europe/Amsterdam"))
AROUND = Surroundings(
    "garage",
    CLOCK,
    {CARD: TokenMap("garage", CLOCK, ImportReport(lambda _: None)).map({}, [CARD])[CARD].token},
    {},
    {CHARGER: OppleoMeter(CHARGER, "meter", "SDM630v2")},
    {CHARGER: datetime(2023, 6, 1, tzinfo=UTC)},
)
NUMBERS = st.none() | st.floats().map(repr) | st.floats(0, 20_000).map(repr) | st.just("nonsense")
NIGHTS = ("2023-03-26 01:30", "2023-03-26 02:30", "2023-10-29 02:10", "2023-10-29 02:50")
TIMES = (
    st.none()
    | st.sampled_from((*NIGHTS, "infinity", "-infinity", "0001-01-01 00:00:00"))
    | st.datetimes(datetime(2023, 1, 1), datetime(2024, 1, 1)).map(str)  # noqa: DTZ001
)
ROWS = st.fixed_dictionaries(
    {
        **{"id": st.integers(1, 99).map(str), "rfid": st.just(CARD)},
        **{"energy_device_id": st.sampled_from([CHARGER, "gone", None])},
        **{"start_time": TIMES, "end_time": TIMES},
        **dict.fromkeys(
            ("start_value", "end_value", "tariff", "total_energy", "total_price", "km"), NUMBERS
        ),
        **{"trigger": st.sampled_from(["RFID", "WEB", "AUTO", None, "other"])},
    }
)


def mapped(row) -> tuple[MappedSession | None, list[Remark]]:
    remarks: list[Remark] = []
    return SessionMap(AROUND, ImportReport(remarks.append)).map(row, None), remarks


@given(ROWS)
@settings(max_examples=300)
def test_a_session_can_be_or_is_refused_and_what_is_unknown_is_said(row):
    session, remarks = mapped(row)
    codes = [remark.code for remark in remarks]
    if session is None:
        assert codes == ["time-missing"]
        return
    ended = session.ended
    assert ended.started_at <= ended.ended_at
    assert ended.energy_wh is None or 0 <= ended.energy_wh <= 76_000 * 24 * 366
    known = ended.meter_start_wh is not None and ended.meter_end_wh is not None
    assert known == (ended.energy_wh is not None)
    assert known or {
        *("start-register-missing", "end-register-missing", "energy-negative", "energy-absurd")
    } & set(codes)
    assert session.tariff is None or session.tariff >= 0
    assert all(remark.original for remark in remarks)


@given(ROWS)
@settings(max_examples=50)
def test_the_same_row_is_the_same_session_each_time(row):
    assert mapped(row)[0] == mapped(row)[0]
    session = mapped(row)[0]
    if session is not None:
        assert session.started.session_id == same_id("garage", "session", row["id"])
