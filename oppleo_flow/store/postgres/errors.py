"""What PostgreSQL says when it fails, as a named fault and in words that a user understands."""

from psycopg2 import Error

from oppleo_flow.errors import StoreError


class CopyError(StoreError):
    """The database cannot be reached, or refuses; `code` names the fault."""

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        super().__init__(text)


AWAY = "server-away"
_FULL = "disk-full"
_READ_ONLY = "read-only"
_LOGIN = "login-refused"
_NO_DATABASE = "no-database"
_NO_RIGHT = "no-right"

# https://www.postgresql.org/docs/15/errcodes-appendix.html
_BY_STATE = {
    "28P01": (_LOGIN, "the user or the password is refused; check both"),
    "28000": (_LOGIN, "the user may not log in from here; see pg_hba.conf of the server"),
    "3D000": (_NO_DATABASE, "there is no database of this name; create it"),
    "25006": (_READ_ONLY, "can only be read; let the user write, or name the primary server"),
    "53100": (_FULL, "the server's disk is full; make room there, then it goes on by itself"),
    "42501": (_NO_RIGHT, "the user may not do that"),
    "57014": (AWAY, "the server takes too long"),
}
# A connection that fails has no state, only what the server said.
_BY_TEXT = {
    "password authentication failed": _BY_STATE["28P01"],
    "no password supplied": (_LOGIN, "the server wants a password; give one"),
    "no pg_hba.conf entry": _BY_STATE["28000"],
    "does not exist": _BY_STATE["3D000"],
}


def copy_error(place: str, error: BaseException | None) -> CopyError:
    """Return what a failure of the database means."""
    said = " ".join(str(error).split()) if error is not None else ""
    state = error.pgcode if isinstance(error, Error) else None
    if state is not None and state in _BY_STATE:
        code, words = _BY_STATE[state]
        detail = f": {_first_line(error)}" if code == _NO_RIGHT else ""
        return CopyError(code, f"{place}: {words}{detail}")
    if state is None or state[:2] in ("08", "57", "53", "55", "40"):
        for text, (code, words) in _BY_TEXT.items():
            if "FATAL" in said and text in said:
                return CopyError(code, f"{place}: {words}")
        return CopyError(AWAY, f"{place}: cannot be reached: {_end_of(said)}")
    return CopyError("refused", f"{place}: refuses: {_first_line(error)}")


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]


def _end_of(said: str) -> str:
    """Return what a message of libpq says after the address, which the place says already."""
    for end in (" Is the server running", " This probably means"):
        said = said.partition(end)[0]
    return said.rpartition("failed: ")[2] or "no answer"
