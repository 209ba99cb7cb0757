"""The calendars of the site: as they run, and as `oppleo.yaml` says, from the next start on."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.flowfile.editing import FlowText
from oppleo_flow.flowfile.editing.values import Data, Quoted
from oppleo_flow.flowfile.editing.working_text import WorkingText
from oppleo_flow.flowfile.once_read import OnceRead
from webui.calendar_text import CalendarText
from webui.ports import SiteFacts
from webui.problem import problem

_SECTION = "calendars"
FILE = "oppleo.yaml"


class SiteCalendarFile:
    """The calendars in the file of the settings."""

    def __init__(self, site: SiteFacts) -> None:
        self._running = site.calendars.rules
        self._settings = site.settings
        self._said = OnceRead(_rules_in)

    @property
    def revision(self) -> str | None:
        """Return what is different for every other text of the file; None: nobody can change it."""
        try:
            return None if self._settings is None else self._text().revision
        except StoreError:
            return None

    def rules(self) -> Mapping[str, CalendarRules]:
        """Return the calendars as the file says; as they run where it cannot be read."""
        if self._settings is None:
            return self._running
        try:
            return self._said.of(self._settings.text(), self._settings.name)
        except (Refused, StoreError, ValidationError):
            return self._running

    def is_pending(self, name: str) -> bool:
        """Return whether a calendar is another in the file than the one that runs."""
        return self.rules().get(name) != self._running.get(name)

    def change(self, name: str, revision: str, change: Callable[[CalendarText], None]) -> str:
        """Change the text of a calendar; return the diff.

        Raises:
            Refused: It cannot be changed from here.
            StoreError: It cannot be written.
        """
        settings = self._settings
        if settings is None:
            raise Refused(f"{name}: stands in {FILE}; change it there, and start anew")
        before = self._text()
        if revision != before.revision:
            raise problem(412, "stale", f"{FILE} was changed meanwhile; look at it again")
        text = CalendarText(before, (_SECTION, name))
        change(text)
        wrong = [one for one in settings.check(text.text) if one.severity == "error"]
        if wrong:
            raise problem(422, "wrong-settings", wrong[0].headline())
        settings.save(text.text, before.text)
        lines = difflib.unified_diff(
            before.text.splitlines(keepends=True), text.text.splitlines(keepends=True), FILE, FILE
        )
        return "".join(lines)

    def _text(self) -> FlowText:
        assert self._settings is not None
        return FlowText(self._settings.text(), self._settings.name)


def _rules_in(text: str, file: str) -> Mapping[str, CalendarRules]:
    found = WorkingText(FlowText(text, file)).data.get(_SECTION)
    said = found if isinstance(found, dict) else {}
    return {name: CalendarRules.model_validate(_plain(one)) for name, one in said.items()}


def _plain(data: Data) -> Any:
    match data:
        case dict():
            return {name: _plain(one) for name, one in data.items()}
        case list():
            return [_plain(one) for one in data]
        case Quoted():
            return data.text
    return data
