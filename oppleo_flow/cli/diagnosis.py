"""What `oppleo-flow doctor` says of one thing: how it is, and what to do about it."""

from typing import Literal

from oppleo_flow.immutable import immutable

Level = Literal["ok", "warn", "bad"]


@immutable
class Diagnosis:
    """How one thing is; the `remedy` of what is well is empty."""

    what: str
    level: Level
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return it as a line, and what to do as a second one."""
        remedy = f"\n      → {self.remedy}" if self.remedy else ""
        return f"{self.level:<4}  {self.what}: {self.text}{remedy}"


def well(what: str, text: str) -> Diagnosis:
    """Return that a thing is as it should be."""
    return Diagnosis(what, "ok", text)


def worth_a_look(what: str, text: str, remedy: str) -> Diagnosis:
    """Return that a thing may become, or hide, a problem."""
    return Diagnosis(what, "warn", text, remedy)


def number(count: int, what: str) -> str:
    """Return `1 error`, `2 errors`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def bad(what: str, text: str, remedy: str) -> Diagnosis:
    """Return that a thing is in the way of a run."""
    return Diagnosis(what, "bad", text, remedy)
