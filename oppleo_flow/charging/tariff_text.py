"""A tariff as plain data, as the ledger keeps it with a price version, and back."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.tariff import Component, Tariff


def tariff_data(tariff: Tariff, zone: str) -> dict[str, Any]:
    """Return a tariff as plain data; `zone` is that of a calendar that names none."""
    data: dict[str, Any] = {
        "components": [_component_data(component) for component in tariff.components],
        "vat_percent": str(tariff.vat_percent),
    }
    if tariff.calendar is not None:
        data["calendar"] = tariff.calendar.written(zone)
    if tariff.source is not None:
        data["source"] = tariff.source
    return data


def tariff_of(data: Mapping[str, Any]) -> Tariff:
    """Return the tariff that plain data tells."""
    calendar = data.get("calendar")
    return Tariff(
        components=tuple(_component(one) for one in data["components"]),
        vat_percent=Decimal(data["vat_percent"]),
        calendar=None if calendar is None else CalendarRules.model_validate(calendar),
        source=data.get("source"),
    )


def _component_data(component: Component) -> dict[str, str]:
    data = {"name": component.name, "per_kwh": str(component.per_kwh)}
    if component.off_peak_per_kwh is not None:
        data["off_peak_per_kwh"] = str(component.off_peak_per_kwh)
    return data


def _component(data: Mapping[str, str]) -> Component:
    off_peak = data.get("off_peak_per_kwh")
    return Component(
        data["name"], Decimal(data["per_kwh"]), None if off_peak is None else Decimal(off_peak)
    )
