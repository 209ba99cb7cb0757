"""How many of a list are asked for."""

from bottle import request

from webui.problem import problem


def limit(usual: int, most: int) -> int:
    """Return the number that `?limit=` asks for, `usual` when it is not given."""
    given = request.query.get("limit", str(usual))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= most):
        raise problem(422, "wrong-limit", f"limit: a number from 1 to {most}, got {given[:20]!r}")
    return int(given)
