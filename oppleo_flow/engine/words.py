"""What an error or a payload says of itself, whatever it does when it is asked; never too long."""

MOST = 1000
"""How many characters of a text are shown, logged and kept as the words of a fault."""
_SOME = 200


def words_of(error: BaseException) -> str:
    """Return the text of an error; its type where it has none, or cannot tell."""
    try:
        text = str(error)
    except (TypeError, ValueError, AttributeError, LookupError):  # a node's own class of error
        text = ""
    return shortened(text) or type(error).__name__


def shortened(text: str, most: int = MOST) -> str:
    """Return a text, or its beginning with its length."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def shown(payload: object) -> str:
    """Return a payload as an error names it."""
    try:
        return shortened(repr(payload), _SOME)
    except (TypeError, ValueError, AttributeError, LookupError):  # a node's own class of payload
        return f"a {type(payload).__name__}"
