"""The values of secrets are taken out of texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.redaction import Redaction

KEY = 'a"b/c é&d'
redaction = Redaction()
redaction.learn("prowl_key", KEY)
redaction.learn("pin", "123")
redaction.learn("password", "hunter2")
redaction.learn("longer", "hunter2-hunter2")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(f"sent {KEY}!", "sent <secret prowl_key>!", id="as it is"),
        pytest.param(
            "GET /?key=a%22b%2Fc%20%C3%A9%26d", "GET /?key=<secret prowl_key>", id="in an address"
        ),
        pytest.param("key=a%22b%2Fc+%C3%A9%26d", "key=<secret prowl_key>", id="in a form"),
        pytest.param(json.dumps([KEY]), '["<secret prowl_key>"]', id="in JSON"),
        pytest.param("pin 123 of 1234", "pin 123 of 1234", id="one so short that it may be any"),
        pytest.param("hunter2-hunter2", "<secret longer>", id="one that begins with another"),
        pytest.param("hunter2 hunter2", "<secret password> <secret password>", id="twice"),
    ],
)
def test_a_secret_is_replaced_by_its_name(text, shown):
    assert redaction.redacted(text) == shown


def test_a_secret_that_was_changed_stays_hidden():
    changing = Redaction()
    changing.learn("key", "old-value")
    changing.learn("key", "new-value")
    assert changing.redacted("old-value new-value") == "<secret key> <secret key>"


@given(st.text(), st.text(min_size=4), st.text())
def test_no_text_shows_a_secret_that_its_name_does_not_contain(before, value, after):
    hiding = Redaction()
    hiding.learn("it", value)
    shown = hiding.redacted(before + value + after).replace("<secret it>", "\0")
    assert value not in shown or value in "\0"
