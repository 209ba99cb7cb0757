"""Each row of the list of routes says all that there is to say."""

import pytest
from pydantic import BaseModel

from oppleo_flow.accounts.rights import Right
from webui.assets import Page
from webui.openapi import is_described
from webui.parts import Parts
from webui.reading import Nothing, Query
from webui.route import Content
from webui.routes.table import routes

ROWS = routes(Parts(runtime=None, feed=None), Page({}))
PER_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
READING = "GET"


@PER_ROW
def test_it_says_in_a_line_what_for_and_who_may_ask(row):
    assert isinstance(row.right, Right)
    assert row.summary[:1].isupper(), row.summary
    assert not row.summary.endswith("."), row.summary
    assert len(row.summary) <= 60, row.summary


@PER_ROW
def test_it_says_what_it_answers(row):
    assert row.answer is not None
    if isinstance(row.answer, Content):
        assert "/" in row.answer.kind
    if is_described(row):
        assert row.call.__doc__, "the description of the API is made from the docstring"


@PER_ROW
def test_what_changes_something_takes_a_body_that_is_checked_and_what_reads_takes_none(row):
    if row.method == READING:
        assert row.body is None
    elif isinstance(row.body, Content):
        assert row.body.kind == "application/octet-stream"
        assert row.sure, "a file is taken of who has just proved who they are"
    elif row.method != "DELETE":
        assert issubclass(row.body, BaseModel)
        assert row.body.model_config["extra"] == "forbid"
        assert issubclass(row.body, Nothing)


@PER_ROW
def test_a_query_refuses_what_it_does_not_know(row):
    if row.query is not None:
        assert issubclass(row.query, Query)
        assert row.query.model_config["extra"] == "forbid"


@PER_ROW
def test_nothing_changes_by_get(row):
    """A link, a picture or a form of a stranger's page makes one; see also the guard."""
    assert row.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    if row.method == READING:
        assert (row.status, row.sure) == (200, row.sure and row.right is Right.ADMINISTER)


@PER_ROW
def test_no_secret_has_a_place_in_an_address(row):
    names = {part.strip("<>").partition(":")[0] for part in row.path.split("/") if "<" in part}
    names |= set() if row.query is None else set(row.query.model_fields)
    assert not {"password", "passphrase", "secret", "code", "key", "token"} & names


@PER_ROW
def test_only_what_needs_a_right_asks_for_the_password_again(row):
    assert not (row.sure and row.right is Right.ANYONE)
