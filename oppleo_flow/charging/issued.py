"""A statement that was issued: it has a number and a version, and is never changed any more."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from decimal import Decimal

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import AS_THEY_WERE, NamesNow, Selection
from oppleo_flow.immutable import immutable


@immutable
class Change:
    """What is not as in the version before.

    `sessions` says which were `added`, `removed` or `changed`, by their ids; `facts` names what
    else differs.
    """

    sessions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    facts: tuple[str, ...] = ()


@immutable
class Issued:
    """One version of a statement.

    `profile` is the code of that by which is reimbursed, "" for none: what payroll was given by one
    set of rules is not replaced by another.  `content_hash` is the SHA-256 of what it says,
    `ledger_hash` of what the ledger had of the period; `replaces` is the hash of the version
    before, `change` what is different since; None for the first version.
    """

    number: str
    version: int
    period: Period
    selection: Selection
    profile: str
    content_hash: str
    ledger_hash: str
    sessions: int
    energy_wh: int
    total: Decimal
    currency: str
    created_at: datetime
    who: str
    replaces: str | None = None
    change: Change | None = None

    @property
    def name(self) -> str:
        """Return how its files are called."""
        return f"{self.number}-v{self.version}"


@immutable
class IssuedFile:
    """A file of an issued statement, with the SHA-256 of what it holds."""

    number: str
    version: int
    name: str
    sha256: str


def periods_due(
    issued: Iterable[Issued],
    wanted: Period,
    selection: Selection,
    profile: str,
    who: str,
    names: NamesNow = AS_THEY_WERE,
) -> list[Period]:
    """Return the periods of which `who` has to issue a statement, oldest first.

    Those are the wanted one, and all since the last one that `who` issued of which there is none.
    """
    of = names.selection(selection)
    same = [one for one in issued if (names.selection(one.selection), one.profile) == (of, profile)]
    there = {one.period for one in same}
    own = [one.period for one in same if one.who == who and _alike(one.period, wanted)]
    due = [wanted]
    while own and max(own) < (before := due[0].previous()):
        due.insert(0, before)
    return [one for one in due if one == wanted or one not in there]


def _alike(one: Period, other: Period) -> bool:
    return (one.is_month, one.is_year) == (other.is_month, other.is_year)
