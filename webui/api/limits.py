"""How many of a list are asked for."""

from bottle import request

from webui.problem import problem


def limit(usual: int, most: int, name: str = "limit") -> int:
    """Return the number that `?limit=` asks for, `usual` when it is not given."""
    given = request.query.get(name, str(usual))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= most):
        text = f"{name}: a number from 1 to {most}, got {given[:20]!r}"
        raise problem(422, f"wrong-{name}", text)
    return int(given)
