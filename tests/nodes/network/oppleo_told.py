"""What Oppleo's listeners are used to hear, for the tests."""

from typing import Any

from oppleo_flow.payloads import MeterReading

SESSION = "oppleo/bench/charge_session"
ID = "00000000-0000-4000-8000-000000000001"
STARTED = {
    "id": ID,
    "rfid": "19892716500",
    "energy_device_id": "bench",
    "start_value": "1234.6",
    "end_value": "1234.6",
    "start_time": "15/01/2026, 13:00:00",
    "end_time": None,
    "tariff": "0.35",
    "total_energy": "0.0",
    "total_price": "0.0",
    "km": "None",
    "trigger": "RFID",
}
ENDED = {
    **STARTED,
    "end_value": "1244.6",
    "end_time": "15/01/2026, 15:00:00",
    "total_energy": "10.0",
    "total_price": "3.5",
}
READING = MeterReading.sample(energy_phases_wh=(411_540, 411_000, 412_027))
USAGE = {
    "energy_device_id": "bench",
    "created_at": "15/01/2026, 13:00:00",
    **{"kwh_l1": "411.5", "kwh_l2": "411.0", "kwh_l3": "412.0"},
    **{"a_l1": "16.0", "a_l2": "16.0", "a_l3": "16.0"},
    **{"p_l1": "3680.0", "p_l2": "3680.0", "p_l3": "3680.0"},
    **{"v_l1": "230.0", "v_l2": "230.0", "v_l3": "230.0"},
    "kw_total": "1234.6",
    "hz": "50.0",
}
VEHICLE = {"batteryLevel": 61.0, "batteryRange": 240.0, "timestamp": "15/01/2026, 13:00:00"}


def data(topic: str, said: Any) -> tuple[str, Any]:
    return topic, {"data": said, "id": "bench"}
