"""What an error or a payload says of itself, whatever it does when it is asked; never too long."""

from oppleo_flow.engine.attempts import attempt

MOST = 1000
"""How many characters of a text are shown, logged and kept as the words of a fault."""
_SOME = 200


def words_of(error: BaseException) -> str:
    """Return the text of an error; its type where it has none, or cannot tell."""
    text, _ = attempt(str, error)  # a node's own class of error may not have any
    return shortened(text or "") or type(error).__name__


def shortened(text: str, most: int = MOST) -> str:
    """Return a text, or its beginning with its length."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def shown(payload: object) -> str:
    """Return a payload as an error names it."""
    text, _ = attempt(repr, payload)  # a node's own class of payload may not have any
    return f"a {type(payload).__name__}" if text is None else shortened(text, _SOME)
