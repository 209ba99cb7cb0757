"""The flow `examples/telling.yaml`: nothing is lost, nothing twice, whatever becomes of anybody."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oppleo_flow.payloads import EvseSignal, EvseState
from oppleo_flow.testing.house import House

TEXT = (Path(__file__).parents[2] / "examples" / "telling.yaml").read_text(encoding="utf-8")
EVENING = datetime(2026, 1, 31, 20, 0, tzinfo=UTC)
SECRETS = {"prowl_key": "0" * 40}
HOUR = 3600.0


def house(folder: Path) -> House:
    return House(TEXT, folder, EVENING, secrets=SECRETS)


def connection(home: House, node: str, name: str) -> Any:
    return home.runtime.node(node).context.connection(name)


def test_the_flow_has_nothing_but_notes(tmp_path: Path) -> None:
    assert [one for one in house(tmp_path).findings if one.severity != "info"] == []


def test_the_month_s_statement_goes_to_payroll_as_a_letter_with_its_file(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        home.run_for(10 * HOUR)
        (letter,) = connection(home, "letter", "mail").would_have_sent

    assert (letter["To"], letter["Subject"]) == (
        "payroll@example.com",
        "Overzicht van januari 2026",
    )
    assert [part.get_filename() for part in letter.iter_attachments()] == ["statement-2026-01.csv"]
    # Nobody charged: that is said too, for payroll would not know otherwise.
    assert "0 sessies, 0,0 kWh, € 0,00." in letter.get_body(("plain",)).get_content()


def test_an_evening_without_a_car_is_pushed_once(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        home.runtime.inject("forgotten", "evse", EvseState.sample(signal=EvseSignal.STANDBY))
        home.run_for(3 * HOUR)
        pushed = [one.form["event"] for one in connection(home, "push", "web").would_have_sent]

    assert pushed == ["house has started", "Not plugged in"]
