"""The description of the API, which is made from the list of routes."""

import jsonschema
import pytest

import oppleo_flow
from webui.assets import Page
from webui.openapi import document, is_described
from webui.parts import Parts
from webui.routes.table import routes

ADDRESS = "/api/v1/openapi.json"
ROWS = routes(Parts(runtime=None, feed=None), Page({}))


@pytest.fixture(scope="module")
def described():
    return document(ROWS)


def operations(described):
    return {
        f"{method.upper()} {path}": each
        for path, methods in described["paths"].items()
        for method, each in methods.items()
    }


def referred(part):
    """Return all that a document refers to."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(referred, part.values()))
    return set().union(*map(referred, part)) if isinstance(part, list) else set()


def test_it_is_answered_to_anyone(client):
    answer = client.get(ADDRESS)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["info"]["version"] == oppleo_flow.__version__


def test_it_has_each_route_that_is_no_page(described):
    names = {row.name for row in ROWS if is_described(row)}
    assert len(operations(described)) == len(names)
    assert "GET /api/v1/flow/versions/{number}" in operations(described)
    assert "GET /sessions" not in operations(described)


def test_each_operation_has_a_name_of_its_own(described):
    names = [each["operationId"] for each in operations(described).values()]
    assert sorted(set(names)) == sorted(names)


def test_all_that_it_refers_to_is_there(described):
    there = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert referred(described) - there == set()


def test_every_schema_is_one(described):
    for schema in described["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_an_operation_says_who_may_ask_what_it_takes_and_what_it_answers(described):
    made = operations(described)["PUT /api/v1/log-levels"]
    assert made["summary"] == "Let a node log more or less"
    assert made["x-right"] == "administer"
    assert made["security"] == [{"session": []}, {"token": []}]
    body = made["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NodeLevel"}
    answers = {
        status: [content["schema"] for content in each["content"].values()]
        for status, each in made["responses"].items()
    }
    assert answers == {
        "200": [{"$ref": "#/components/schemas/NodeLevelAnswer"}],
        "default": [{"$ref": "#/components/schemas/ProblemAnswer"}],
    }


def test_what_stands_in_a_query_can_be_left_out_but_is_never_null(described):
    made = operations(described)["GET /api/v1/statuses"]
    assert made["parameters"] == [
        {
            "name": "limit", "in": "query", "required": False, "description": "",
            "schema": {"default": 100, "maximum": 1000, "minimum": 1, "type": "integer"},
        },
        {
            "name": "node", "in": "query", "required": False, "description": "Without it, of all.",
            "schema": {"maxLength": 200, "type": "string"},
        },
    ]  # fmt: skip


def test_what_anyone_may_ask_needs_no_proof(described):
    assert operations(described)["GET /live"]["security"] == []
