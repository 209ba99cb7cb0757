"""The meters on the simulated bus: each measures one charge point, or several together."""

from collections.abc import Collection

from oppleo_flow.devices.meter_phases import phases_of_model
from oppleo_flow.devices.world import MeterFace
from oppleo_flow.simulator.car import VOLTAGE_V, EnergyCounter
from oppleo_flow.simulator.point import SimulatedPoint

Display = tuple[str, tuple[float, ...], tuple[float, ...], tuple[float, ...]]
"""Model, V, A and W of a meter: what it shows besides its counter."""

NEW_METER_WH = 1_234_567.0
"""What the register of a meter shows that nobody has used here before."""
_FREQUENCY_HZ = 50.0
_FIRST_SERIAL = 19_001_234


class Metering:
    """What each meter shows; `connect` comes first."""

    def __init__(self) -> None:
        self._points: tuple[SimulatedPoint, ...] = ()
        self._measured: dict[int, tuple[str, tuple[SimulatedPoint, ...]]] = {}
        self._counters: dict[int, EnergyCounter] = {}
        self._phases: dict[int, tuple[EnergyCounter, ...]] = {}
        self._displays: dict[int, Display] = {}
        self._faces: dict[int, MeterFace] = {}
        self._shown_w: list[float] = []

    def connect(self, points: Collection[SimulatedPoint], at_s: float) -> None:
        """Measure these charge points, as their wiring says.

        A meter of one charge point shows that one's register; one of several has its own.  What a
        new one has counted before was spread evenly over its phases.
        """
        self._points = tuple(points)
        kept, self._counters, self._measured = self._counters, {}, {}
        phases, self._phases = self._phases, {}
        for point in self._points:
            for unit_id, model in point.wiring.meters.items():
                _, others = self._measured.get(unit_id, (model, ()))
                self._measured[unit_id] = (model, (*others, point))
        for unit_id, (model, measured) in self._measured.items():
            if len(measured) == 1:
                self._counters[unit_id] = measured[0].house.counter
            else:
                new = EnergyCounter(NEW_METER_WH, _drawn_w(measured), at_s)
                self._counters[unit_id] = kept.get(unit_id, new)
            counter, count = self._counters[unit_id], phases_of_model(model)
            before = phases.get(unit_id, ())
            if counter is kept.get(unit_id) and len(before) == count:
                self._phases[unit_id] = before
            else:
                self._phases[unit_id] = _spread(counter.energy_at(at_s), count, at_s)
        self._show(at_s)

    def settle(self, at_s: float) -> None:
        """Take account of what the cars draw now."""
        if any(p.house.car.drawn_w != w for p, w in zip(self._points, self._shown_w, strict=True)):
            self._show(at_s)

    def face(self, unit_id: int, at_s: float) -> MeterFace | None:
        """Return what a meter shows; the very same face while that does not change."""
        shown = self._displays.get(unit_id)
        if shown is None:
            return None
        answers, trouble = False, None
        # A loop: each reading of a meter comes here, and generators would take longer.
        for point in self._measured[unit_id][1]:
            answers = answers or (point.house.powered and not point.meter_silent)
            trouble = trouble or point.meter_trouble
        if not answers:
            return None
        energy_wh = self._counters[unit_id].energy_at(at_s)
        face = self._faces.get(unit_id)
        if face is None or face.energy_import_wh != energy_wh or face.trouble is not trouble:
            serial = _FIRST_SERIAL + unit_id - 1
            phases_wh = tuple([one.energy_at(at_s) for one in self._phases[unit_id]])
            face = MeterFace(*shown, _FREQUENCY_HZ, energy_wh, phases_wh, serial, trouble)
            self._faces[unit_id] = face
        return face

    def _show(self, at_s: float) -> None:
        self._shown_w = [point.house.car.drawn_w for point in self._points]
        self._faces.clear()
        for unit_id, (model, points) in self._measured.items():
            self._displays[unit_id] = display = _display(model, points)
            for counter, power_w in zip(self._phases[unit_id], display[3], strict=True):
                counter.settle(at_s, power_w)
            if len(points) > 1:
                self._counters[unit_id].settle(at_s, _drawn_w(points))
        for unit_id in self._displays.keys() - self._measured.keys():
            del self._displays[unit_id]


def _spread(energy_wh: float, phases: int, at_s: float) -> tuple[EnergyCounter, ...]:
    return tuple(EnergyCounter(energy_wh / phases, at_s=at_s) for _ in range(phases))


def _drawn_w(points: tuple[SimulatedPoint, ...]) -> float:
    return sum(point.house.car.drawn_w for point in points)


def _display(model: str, points: tuple[SimulatedPoint, ...]) -> Display:
    """Return what a meter shows; it stays while the cars draw what they draw."""
    cars = [point.house.car for point in points]
    phases = phases_of_model(model)
    watts = tuple(
        sum((car.drawn_w / car.phases for car in cars if index < car.phases), start=0.0)
        for index in range(phases)
    )
    amperes = tuple(power_w / VOLTAGE_V for power_w in watts)
    return model, (VOLTAGE_V,) * phases, amperes, watts
