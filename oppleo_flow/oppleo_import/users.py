"""What becomes of the people who may sign in to Oppleo, `users`.

Their passwords stay: the texts that prove them are Werkzeug's, which are accepted here and replaced
at the next sign-in.  So is a second factor, which nothing but the password can unseal.
"""

from collections.abc import Iterable
from typing import Final

from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict
from oppleo_flow.passwords import is_known_form, verify
from oppleo_flow.store.user_rows import User

TABLE: Final = "users"
_DEFAULT: Final = "admin"
"""The password with which Oppleo is installed, which everybody knows."""
_SECRET: Final = frozenset({"password", "shared_secret"})


def map_users(rows: Iterable[Row], report: ImportReport) -> list[User]:
    """Return the users, each name once."""
    found: dict[str, User] = {}
    for row in rows:
        name = cells.words(row.get("username"))
        if not name or name in found:
            why = "has no name" if not name else "stands there twice; the first one counts"
            _remark(report, row, "refused", "user-twice" if name else "user-nameless", why)
            report.count(TABLE, "refused")
        else:
            found[name] = _user(name, row, report)
    return list(found.values())


def _user(name: str, row: Row, report: ImportReport) -> User:
    password = row.get("password") or ""
    sealed = row.get("shared_secret") or None
    due = cells.truth(row.get("enabled_2fa")) is True
    if due:
        _remark(
            report,
            row,
            "flagged",
            "second-factor",
            "signs in with a second factor; it is unsealed by the password at the next sign-in, "
            "or set up anew",
        )
    usable = is_known_form(password)
    if not usable:
        _remark(
            report,
            row,
            "flagged",
            "password-unknown-form",
            f"has a password in no known form; set one with `oppleo-flow users password {name}`",
        )
    elif verify(_DEFAULT, password):
        usable = False
        _remark(
            report,
            row,
            "flagged",
            "password-default",
            "has the password of a new Oppleo, which everybody knows, and cannot sign in with it; "
            f"set another with `oppleo-flow users password {name}`",
        )
    kept, secret = (password, sealed if due else None) if usable else (None, None)
    # Oppleo has one role: whoever signs in may do all.
    return User(name, kept, due, secret, role="admin")


def _remark(report: ImportReport, row: Row, verdict: Verdict, code: str, text: str) -> None:
    shown = {
        name: value for name, value in row.items() if value is not None and name not in _SECRET
    }
    report.remark(Remark(TABLE, row.get("username") or "", verdict, code, text, shown))
