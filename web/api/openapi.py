"""The description of the API: OpenAPI 3.1 for programs, a page for people, both from the routes and their models."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from babel.support import LazyProxy
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from kit import languages
from kit.languages import lazy
from web import pages
from web.api import answers
from web.api.calls import About, Calls, about
from web.api.replies import PUBLIC, TITLES, VERSION, catalogue_reply
from web.pages import Page
from web.routing import ANYONE, Allow

calls = Calls()

REF = "#/components/schemas/{model}"
EVERYWHERE = ((400, "malformed"), (429, "too_many_requests"), (503, "busy"))
"""Refusals that any call may give."""
WITH_A_KEY = ((401, "wrong_key"), (403, "forbidden"))

CODES: Mapping[str, Any] = {
    "malformed": lazy("The body is not a JSON object in UTF-8."),
    "not_json": lazy("The body was not sent as application/json."),
    "key_in_address": lazy("A key stood in the address; it is revoked."),
    "wrong_key": lazy("The key is missing, unknown, revoked or out of date."),
    "token_needed": lazy("The token of the booking is missing."),
    "forbidden": lazy("The key has not the scope that this call needs."),
    "not_found": lazy("There is no such thing, or not for this key or token."),
    "gone": lazy("It was withdrawn, or ended more than 30 days ago."),
    "method_not_allowed": lazy("The address exists, the method does not."),
    "too_large": lazy("The body is longer than 64 kB, or with stock than 4 MB."),
    "invalid": lazy("Fields need correcting: `errors` names each."),
    "cursor": lazy("The cursor is not one of ours."),
    "idempotency_key_reused": lazy("The same key was sent before with another body."),
    "idempotency_key_malformed": lazy("The key has more than 200 signs, or signs that cannot be printed."),
    "wanted_from_not_offered": lazy("Articles cannot be reserved for a later day yet."),
    "store_closed": lazy("The store does not open again."),
    "event_conflict": lazy("The same source sent this event before with another body. Nothing was changed."),
    "out_of_stock": lazy("Nothing was held. `lines` names what is missing, and where it is."),
    "moved_on": lazy("It stands elsewhere: `reservation_status` or `appointment_status` says where."),
    "slot_taken": lazy("Somebody else has this start. `nearest` names the free ones around it."),
    "not_offered": lazy("This start is not on offer: outside hours, off the grid, too soon or too far."),
    "too_many_days": lazy("More than 62 days, or the last before the first."),
    "too_late": lazy("The service’s cut-off has passed: call the store."),
    "not_extendable": lazy("It was extended before, or somebody else is short of it."),
    "does_not_add_up": lazy("Bought and returned are not what was held."),
    "too_many_live": lazy("This contact has three reservations open, or three appointments ahead, in this store."),
    "too_many_requests": lazy("Too many calls; `Retry-After` gives the seconds to wait."),
    "busy": lazy("Nothing was changed; try again after `Retry-After` seconds."),
    "internal": lazy("A fault of ours; the reference is in `detail`."),
}
"""Every code of a problem, in the words of the description."""

INTRODUCTION = (
    lazy("JSON in UTF-8. Times are RFC 3339 in the store’s time zone; money is a text of digits and a currency."),
    lazy("`Accept-Language` chooses French or English for names and messages."),
    lazy("A list comes as `items` and `next`: send `next` back as `cursor` for the page after."),
    lazy(
        "Every POST takes an `Idempotency-Key`: the same key and body give the first answer again, for a week. A "
        "refusal is not kept, because it changed nothing."
    ),
    lazy("Refusals are RFC 9457 problem details. Their `code` never changes."),
)

_described: dict[tuple[str, str], About] = {}
_allowed: dict[tuple[str, str], Allow] = {}


def describe(described: Mapping[tuple[str, str], About], allowed: Mapping[tuple[str, str], Allow]) -> None:
    """These are the calls; given once, when all modules are there."""
    _described.update(described)
    _allowed.update(allowed)


@calls.get(f"{VERSION}/openapi.json", allow=ANYONE, name="api_openapi")
@about(lazy("This description, for programs"), answers.Description)
async def openapi(request: Request, session: AsyncSession) -> Response:
    response = catalogue_reply(request, _Document(**document(request)), PUBLIC)
    response.headers["access-control-allow-origin"] = "*"
    return response


class _Document(BaseModel):
    model_config = {"extra": "allow"}


def document(request: Request) -> dict[str, Any]:
    """OpenAPI 3.1 in the language being spoken."""
    models: set[type[BaseModel]] = {
        model for said in _described.values() for model in (said.answer, said.body) if model is not None
    }
    models.add(answers.Problem)
    in_order = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in in_order], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), said in _described.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, said, _allowed[method, path])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{request.app.state.house.name} · Vitrine",
            "version": "1",
            "description": "\n\n".join(str(line) for line in INTRODUCTION),
        },
        "servers": [{"url": request.app.state.settings.base_url}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": str(lazy("A key, `vtr_…`."))},
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": str(lazy("The token of one booking.")),
                },
            },
        },
    }


def _operation(method: str, path: str, said: About, allow: Allow) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(method, path),
        "summary": str(said.summary),
        "tags": [path.removeprefix(f"{VERSION}/").split("/")[0]],
        "parameters": [*_parameters(method, path, said)],
        "responses": _responses(said, refusals_of(said)),
        "security": {"anyone": [{}, {"key": []}], "token": [{"token": []}], "key": [{"key": []}]}[said.opened_by],
    }
    if said.more:
        operation["description"] = str(said.more)
    if said.opened_by == "key":
        operation["x-scope"] = said.scope
    if said.body:
        needed = bool(said.body.model_json_schema().get("required"))
        operation["requestBody"] = {"required": needed, "content": _content(said.body)}
    return operation


def _operation_id(method: str, path: str) -> str:
    words = re.findall(r"[a-z]+", path.removeprefix(VERSION))
    return "_".join([method.lower(), *words])


def _parameters(method: str, path: str, said: About) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    if said.query:
        schema = said.query.model_json_schema()
        for name, field in schema["properties"].items():
            needed = name in schema.get("required", ())
            yield {"name": name, "in": "query", "required": needed, "schema": _untitled(field)}
    yield {"name": "Accept-Language", "in": "header", "required": False, "schema": {"type": "string"}}
    if method == "POST":
        key = {"type": "string", "maxLength": 200}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "schema": key}


def _untitled(field: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in field.items() if name != "title"}


def refusals_of(said: About) -> list[tuple[int, str]]:
    """All that this call may refuse with, in order of status."""
    own = [*said.refusals, *(WITH_A_KEY if said.opened_by == "key" else ((401, "wrong_key"),))]
    if said.body:
        own += [(413, "too_large"), (415, "not_json"), (422, "idempotency_key_malformed")]
    return sorted({*own, *EVERYWHERE, (400, "key_in_address")})


def _responses(said: About, refusals: list[tuple[int, str]]) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(said.status): {"description": HTTPStatus(said.status).phrase, "content": _content(said.answer)}
    }
    for status, _ in refusals:
        named = ", ".join(f"`{code}`" for at, code in refusals if at == status)
        responses[str(status)] = {
            "description": f"{TITLES[status]}: {named}",
            "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
        }
    return responses


def _content(model: type[BaseModel] | None) -> dict[str, Any]:
    if model is None:
        return {"text/html": {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}


# The page


@dataclass(frozen=True)
class Field:
    """A line of a table: `lines[].sku`, what it is, whether it must be there."""

    name: str
    kind: str
    needed: bool


@dataclass(frozen=True)
class Described:
    """One call, as the page tells it."""

    anchor: str
    method: str
    path: str
    summary: str
    more: str
    opened_by: str
    parameters: list[Field]
    body: list[Field]
    status: int
    answer: list[Field]
    refusals: list[tuple[int, str]]


OPENED_BY: Mapping[str, LazyProxy] = {
    "anyone": lazy("Open to anyone, within the limits"),
    "token": lazy("With the token of the booking"),
    "key": lazy("With a key of scope `%(scope)s`, in its stores"),
}


@calls.get(f"{VERSION}/docs", allow=ANYONE, name="api_docs")
@about(lazy("This description, for people"), None)
async def docs(request: Request, session: AsyncSession) -> Response:
    said = document(request)
    schemas = said["components"]["schemas"]
    shown = [
        Described(
            anchor=_operation_id(method, path),
            method=method,
            path=path,
            summary=str(about_it.summary),
            more=str(about_it.more),
            opened_by=str(OPENED_BY[about_it.opened_by]) % {"scope": about_it.scope},
            parameters=[
                Field(one["name"], _kind(one["schema"]), one["required"])
                for one in _parameters(method, path, about_it)
                if one["in"] != "header"
            ],
            body=_fields(about_it.body, schemas),
            status=about_it.status,
            answer=_fields(about_it.answer, schemas),
            refusals=[refusal for refusal in refusals_of(about_it) if refusal not in EVERYWHERE],
        )
        for (method, path), about_it in _described.items()
        if about_it.answer not in (answers.Description, None)
    ]
    title = languages.gettext("The API")
    response = pages.render(
        request,
        "api/docs.html",
        {
            "calls": shown,
            "introduction": [str(line) for line in INTRODUCTION],
            "codes": {code: str(words) for code, words in CODES.items()},
            "address": f"{VERSION}/openapi.json",
        },
        page=Page(title=title, description=str(INTRODUCTION[0]), robots="noindex"),
    )
    response.headers.update({"cache-control": "no-cache", "content-language": languages.language()})
    return response


def _fields(model: type[BaseModel] | None, schemas: Mapping[str, Any]) -> list[Field]:
    return [*_walk({"$ref": REF.format(model=model.__name__)}, schemas, "")] if model else []


def _walk(schema: Mapping[str, Any], schemas: Mapping[str, Any], before: str) -> Iterator[Field]:
    """Every field of a schema, those of lists and objects in it by their whole name."""
    schema = _resolved(schema, schemas)
    for name, field in schema.get("properties", {}).items():
        inner = _resolved(field, schemas)
        of_list = _resolved(inner.get("items", {}), schemas)
        yield Field(before + name, _kind(field, schemas), name in schema.get("required", ()))
        if "properties" in inner:
            yield from _walk(inner, schemas, f"{before}{name}.")
        elif "properties" in of_list:
            yield from _walk(of_list, schemas, f"{before}{name}[].")


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """What it refers to, and of something that may be null the rest."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice, schemas)
    if "$ref" in schema:
        resolved: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
        return resolved
    return schema


def _kind(schema: Mapping[str, Any], schemas: Mapping[str, Any] | None = None) -> str:
    """What a field is, in a word or its values: `integer, 1…99`, `"fr" | "en"`."""
    may_be_null = any(choice.get("type") == "null" for choice in schema.get("anyOf", ()))
    schema = _resolved(schema, schemas or {})
    if "enum" in schema:
        kind = " | ".join(json.dumps(value) for value in schema["enum"])
    elif schema.get("type") == "array":
        of = _kind(schema["items"], schemas)
        kind = "list" if of == "object" else f"{of} …"
    else:
        kind = {"date-time": "time", "date": "day"}.get(schema.get("format", ""), schema.get("type", "object"))
    if "minimum" in schema and "maximum" in schema:
        kind += f", {schema['minimum']}…{schema['maximum']}"
    return f"{kind} | null" if may_be_null else kind
