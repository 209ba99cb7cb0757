"""What somebody painted, in the text of a flow or of the site: no line changes that need not."""

import json
from collections.abc import Sequence

from oppleo_flow.charging.calendar import Window
from oppleo_flow.charging.calendar_week import Week, days_text, minute_text, with_week
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.editing import FlowText
from oppleo_flow.flowfile.editing.values import Data, EditValue, Path, data_from, text_of
from oppleo_flow.flowfile.editing.working_text import WorkingText, dotted

_ON, _OFF = "on", "off"


class CalendarText:
    """The part of a text in which a calendar stands, at a path: in a gate, or by its name.

    Each change raises `Refused` where the way it is written cannot be edited safely.
    """

    def __init__(self, text: FlowText, path: Path, *, in_subflow: bool = False) -> None:
        self._work = WorkingText(text)
        self._path = path
        self._in_subflow = in_subflow

    @property
    def text(self) -> str:
        """Return the whole text as it is now."""
        return self._work.finished.text

    def paint(self, windows: Sequence[Window], week: Week) -> None:
        """Let it be open as a week says; `windows` are those it has."""
        path = (*self._path, "open")
        self._refuse_parameters(path)
        placed = with_week(windows, week)
        for one in placed:
            if one.was is not None and one.window != windows[one.was]:
                self._put((*path, one.was, "days"), days_text(one.window.days))
        new = [one.window for one in placed if one.was is None]
        for number, window in enumerate(new, start=len(windows)):
            self._add((*path, number), _written(window))
        kept = {one.was for one in placed}
        for number in sorted(set(range(len(windows))) - kept, reverse=True):
            self._work.drop((*path, number))

    def name_holidays(self, rules: Sequence[str]) -> None:
        """Let it have these rules for holidays."""
        path, said = (*self._path, "holidays"), self._of("holidays")
        self._refuse_parameters(path)
        if not rules:
            if said is not None:
                self._work.drop(path)
        elif isinstance(said, list):
            self._put_items(path, said, rules)
        else:
            self._put(path, rules[0] if len(rules) == 1 else list(rules))

    def enable(self, path: Path, enabled: bool) -> None:
        """Let a gate shut at all, or not, where a text says so."""
        self._put(path, _ON if enabled else _OFF)

    def _refuse_parameters(self, path: Path) -> None:
        """Refuse to put what holds for all in the place of what each use of a subflow has."""
        if self._in_subflow and "$(" in json.dumps(self._work.get(path), default=text_of):
            raise Refused(
                f"{self._work.file}: {dotted(path)}: each use of the subflow has its own, by a "
                "parameter; change it in the file"
            )

    def _of(self, option: str) -> Data | None:
        return self._work.get((*self._path, option))

    def _put(self, path: Path, value: EditValue) -> None:
        self._work.put(path, data_from(value, self._work.get(path)))

    def _add(self, path: Path, value: EditValue) -> None:
        """Add an item to a list, which may not be there yet."""
        number = path[-1]
        assert isinstance(number, int)
        if self._work.get(path[:-1]) is None:
            self._put(path[:-1], [value])
        else:
            self._work.add(path, data_from(value), number)

    def _put_items(self, path: Path, said: list[Data], rules: Sequence[str]) -> None:
        """Add what is new at the end of a list, and take away what has gone."""
        before = [text_of(one) for one in said]
        new = [rule for rule in rules if rule not in before]
        for number, rule in enumerate(new, start=len(said)):
            self._add((*path, number), rule)
        for number in range(len(said) - 1, -1, -1):
            if before[number] not in rules:
                self._work.drop((*path, number))


def _written(window: Window) -> dict[str, str]:
    return {
        "days": days_text(window.days),
        "from": minute_text(window.from_minute),
        "to": minute_text(window.to_minute),
    }
