"""Whatever may be wrong in a form is said in the viewer's language too."""

import itertools

import pytest
from pydantic import ValidationError

from oppleo_flow.wording.said import said_in
from webui.assets import Page
from webui.parts import Parts
from webui.routes.table import routes

ROWS = routes(Parts(runtime=None, feed=None), Page({}))
MODELS = {
    model.__name__: model for row in ROWS for model in (row.form, row.query) if model is not None
}
WRONG = [None, "", "?", "x" * 30_000, -1, 0, 10**9, 1.5, True, [], ["?"] * 300, {}, {"?": "?"}]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_what_a_field_cannot_be_has_dutch_words(model):
    names = [*model.model_fields, "nobody_knows_this"]
    told = set()
    for name, wrong in itertools.product(names, WRONG):
        try:
            model.model_validate({name: wrong})
        except ValidationError as error:
            told |= {one["msg"] for one in error.errors()}
    dutch = said_in("nl")
    assert sorted(one[:200] for one in told if dutch(one) == one) == []
