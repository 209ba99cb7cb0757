"""What an error says, whatever it does when it is asked."""


def words_of(error: Exception) -> str:
    """Return the text of an error; its type where it has none, or cannot tell."""
    try:
        text = str(error)
    except (TypeError, ValueError, AttributeError, LookupError):  # a node's own class of error
        text = ""
    return text or type(error).__name__
