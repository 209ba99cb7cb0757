"""How many of a list are asked for."""

from bottle import request

from webui.problem import problem

_DIGITS = 9  # of a number; more are nobody's


def limit(usual: int, most: int, name: str = "limit") -> int:
    """Return the number that `?limit=` asks for, `usual` when it is not given."""
    given = request.query.get(name, str(usual))
    is_number = given.isascii() and given.isdigit() and len(given) <= _DIGITS
    if not (is_number and 1 <= int(given) <= most):
        text = f"{name}: a number from 1 to {most}, got {given[:20]!r}"
        raise problem(422, f"wrong-{name}", text)
    return int(given)
