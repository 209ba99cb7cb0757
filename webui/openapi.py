"""The OpenAPI 3.1 document of the API: the list of routes and their models, in the words of others.

Nothing in it is written by hand.  It is made when somebody asks for it, which builds every model.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

import oppleo_flow
from oppleo_flow.accounts.rights import Right
from webui import problem
from webui.answers import ProblemAnswer
from webui.route import Content, Route

_REF = "#/components/schemas/{model}"
_PART = re.compile(r"<(\w+)(?::(\w+))?>")
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "": {"type": "string", "minLength": 1},
    "path": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 0},
}
_OF_NO_USE = ("title", "description", "anyOf")
_SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": (
            "As the page signs in. What changes something then needs the header `X-CSRF-Token`, "
            "with what `GET /api/v1/account` says."
        ),
    },
    "token": {"type": "http", "scheme": "bearer", "description": "An API token of an account."},
}


def document(rows: Iterable[Route]) -> dict[str, Any]:
    """Return the document of those routes that are no page."""
    described = [row for row in rows if is_described(row)]
    schemas = _Schemas(described)
    paths: dict[str, dict[str, Any]] = {}
    for row in described:
        path = _PART.sub(r"{\1}", row.path)
        paths.setdefault(path, {})[row.method.lower()] = _operation(row, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "oppleo-flow",
            "version": oppleo_flow.__version__,
            "description": (
                "Moments are ISO 8601 in UTC, energies Wh, and money is decimal text. "
                "What is no success is a problem as in RFC 9457, with a stable `code`."
            ),
        },
        "paths": paths,
        "components": {"schemas": schemas.definitions, "securitySchemes": _SECURITY},
    }


def is_described(row: Route) -> bool:
    """Return whether a route is part of the API, or watched by machines."""
    return row.path.startswith("/api/") or row.path in ("/live", "/ready", "/metrics")


class _Schemas:
    """The schemas of all models, each defined once."""

    def __init__(self, rows: Iterable[Route]) -> None:
        asked: dict[tuple[str, str], Any] = {("problem", ""): ProblemAnswer}
        for row in rows:
            if row.form is not None:
                asked[("body", row.name)] = row.form
            if row.answer is not None and not isinstance(row.answer, Content):
                asked[("answer", row.name)] = row.answer
        found, shared = TypeAdapter.json_schemas(
            [
                (key, "validation" if key[0] == "body" else "serialization", TypeAdapter(kind))
                for key, kind in asked.items()
            ],
            ref_template=_REF,
        )
        self._found = {key: schema for (key, _), schema in found.items()}
        self.definitions: dict[str, Any] = dict(shared.get("$defs", {}))

    def of(self, part: str, row: Route | None = None) -> Mapping[str, Any]:
        """Return the schema of a body or an answer, or that of a problem."""
        return self._found[part, row.name if row else ""]

    def query(self, kind: type[BaseModel]) -> Mapping[str, Any]:
        """Return the schema of a query, which is never referred to."""
        schema = kind.model_json_schema(ref_template=_REF)
        self.definitions |= schema.pop("$defs", {})
        return schema


def _operation(row: Route, schemas: _Schemas) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": _identifier(row),
        "summary": row.summary,
        "description": _description(row),
        "tags": [_tag(row)],
        "security": [] if row.right is Right.ANYONE else [{name: []} for name in _SECURITY],
        "x-right": row.right.value,
        "x-sure": row.sure,
        "parameters": [*_in_path(row), *_in_query(row, schemas)],
        "responses": {
            str(row.status): {"description": row.summary, **_content(row, schemas)},
            "default": {
                "description": "A problem",
                "content": {problem.CONTENT_TYPE: {"schema": schemas.of("problem")}},
            },
        },
    }
    if row.body is not None:
        made["requestBody"] = {"required": True, "content": _taken(row.body, row, schemas)}
    return made


def _taken(body: type[BaseModel] | Content, row: Route, schemas: _Schemas) -> dict[str, Any]:
    if isinstance(body, Content):
        return {body.kind: {"schema": {"type": "string", "format": "binary"}}}
    return {"application/json": {"schema": schemas.of("body", row)}}


def _content(row: Route, schemas: _Schemas) -> dict[str, Any]:
    if row.answer is None:
        return {}
    if isinstance(row.answer, Content):
        # A file of JSON to be kept is described no further.
        schema = {} if row.answer.kind == "application/json" else {"type": "string"}
        return {"content": {row.answer.kind: {"schema": schema}}}
    return {"content": {"application/json": {"schema": schemas.of("answer", row)}}}


def _in_path(row: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _KINDS[kind]}
        for name, kind in _PART.findall(row.path)
    ]


def _in_query(row: Route, schemas: _Schemas) -> list[dict[str, Any]]:
    if row.query is None:
        return []
    schema = schemas.query(row.query)
    needed = schema.get("required", ())
    return [
        {
            "name": name,
            "in": "query",
            "required": name in needed,
            "description": each.get("description", ""),
            "schema": _of_text(each),
        }
        for name, each in schema.get("properties", {}).items()
    ]


def _of_text(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of something in a query: that can be left out, but it cannot be null."""
    kept = {name: each for name, each in schema.items() if name not in _OF_NO_USE}
    if kept.get("default", "") is None:
        del kept["default"]
    others = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(others) > 1:
        kept["anyOf"] = others
    return {**kept, **(others[0] if len(others) == 1 else {})}


def _description(row: Route) -> str:
    said = inspect.cleandoc(row.call.__doc__ or "").partition("\n\nRaises:")[0]
    needs = f"Needs the right `{row.right}`"
    again = ", and the password given within the last five minutes" if row.sure else ""
    return f"{said}\n\n{needs}{again}.".strip()


def _tag(row: Route) -> str:
    return row.path.removeprefix("/api/v1/").strip("/").partition("/")[0]


def _identifier(row: Route) -> str:
    path = _PART.sub(r"\1", row.path.removeprefix("/api/v1/"))
    return "_".join([row.method.lower(), *re.findall(r"\w+", path)])
