"""A text that is too long ends where a reader sees a sign end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.sending import shortened

FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
WAVE = "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}"
DUTCH_FLAG = "\N{REGIONAL INDICATOR SYMBOL LETTER N}\N{REGIONAL INDICATOR SYMBOL LETTER L}"


@pytest.mark.parametrize(
    ("text", "length", "cut"),
    [
        pytest.param("short", 5, "short", id="what fits is left alone"),
        pytest.param("shorter", 5, "shor…", id="what does not loses its end"),
        pytest.param("naïve", 4, "naï…", id="a letter with its accent in one"),
        pytest.param("nai\N{COMBINING DIAERESIS}ve", 4, "na…", id="no letter without its accent"),
        pytest.param(f"ab{FAMILY}", 5, "ab…", id="no part of a family"),
        pytest.param(f"ab{WAVE}", 4, f"ab{WAVE}", id="a whole hand"),
        pytest.param(f"ab{WAVE}c", 4, "ab…", id="no hand without its colour"),
        pytest.param(f"{DUTCH_FLAG}{DUTCH_FLAG}", 4, f"{DUTCH_FLAG}{DUTCH_FLAG}", id="two flags"),
        pytest.param(f"{DUTCH_FLAG}{DUTCH_FLAG}x", 4, f"{DUTCH_FLAG}…", id="no half a flag"),
    ],
)
def test_a_text_is_cut_between_two_signs(text: str, length: int, cut: str) -> None:
    assert shortened(text, length) == cut


@given(st.text(), st.integers(1, 30))
def test_no_text_is_longer_than_it_may_be_nor_invents_anything(text: str, length: int) -> None:
    cut = shortened(text, length)

    assert len(cut) <= length
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))
    cut.encode("utf-8", "surrogatepass")
