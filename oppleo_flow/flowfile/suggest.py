"""Did you mean …?"""

import difflib
from collections.abc import Iterable, Sequence

_FEW = 10


def closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` is most likely a slip of; None when there is none."""
    names = sorted(known)
    folded = {name.lower().replace("-", "_"): name for name in reversed(names)}
    same = folded.get(word.lower().replace("-", "_"))
    if same is not None:
        return same
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return close[0] if close else None


def hint(word: str, known: Iterable[str], *, what: str = "known") -> str:
    """Return what to do about an unknown word: the one that was meant, else the choices.

    The text begins with its own semicolon and is empty when nothing helpful can be said.
    """
    names = list(known)
    close = closest(word, names)
    if close is not None:
        return f"; did you mean {close!r}?"
    if 0 < len(names) < _FEW:
        return f"; {what}: {', '.join(names)}"
    return ""


def one_of(choices: Sequence[str], word: str = "or") -> str:
    """Return `a, b or c`."""
    *first, last = choices
    return f"{', '.join(first)} {word} {last}" if first else last
