"""OpenAPI and the page for people say what the program does, neither more nor less."""

import re

import pytest
from callers import caller
from starlette.routing import Route

from web import api
from web.api import openapi


@pytest.fixture
async def shop(app, world):
    async with caller(app) as client:
        yield client


def refs(part):
    """Every $ref in a document."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            else:
                yield from refs(value)
    elif isinstance(part, list):
        for value in part:
            yield from refs(value)


async def test_every_path_of_the_description_is_routed_and_every_route_described(shop, app):
    said = (await shop.get("/api/v1/openapi.json")).json()
    described = {(method.upper(), path) for path, calls in said["paths"].items() for method in calls}
    routed = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith("/api/")
        for method in route.methods - {"HEAD"}
    }
    assert described == routed == set(api.ALLOWED)


async def test_the_description_is_well_formed(shop):
    said = (await shop.get("/api/v1/openapi.json")).json()
    assert said["openapi"] == "3.1.0"
    assert set(said["info"]) == {"title", "version", "description"}
    for ref in refs(said):
        assert ref.startswith("#/components/schemas/")
        assert ref.rpartition("/")[2] in said["components"]["schemas"], ref
    ids = []
    for path, calls in said["paths"].items():
        for call in calls.values():
            ids.append(call["operationId"])
            in_path = [one["name"] for one in call["parameters"] if one["in"] == "path"]
            assert in_path == re.findall(r"{(\w+)}", path)
            assert len({(one["in"], one["name"]) for one in call["parameters"]}) == len(call["parameters"])
            assert all("schema" in one for one in call["parameters"])
            assert any(status.startswith("2") for status in call["responses"])
            assert all(answer["description"] for answer in call["responses"].values())
            for needed in call["security"]:
                assert set(needed) <= set(said["components"]["securitySchemes"])
    assert len(set(ids)) == len(ids)


async def test_the_names_of_the_contract_are_in_the_description(shop):
    said = (await shop.get("/api/v1/openapi.json")).json()
    schemas = said["components"]["schemas"]
    assert set(schemas["ReservationBody"]["required"]) == {"store", "lines", "customer"}
    assert {"code", "status", "answer_by", "hold_until", "manage_url", "token", "lines"} <= set(
        schemas["NewReservation"]["properties"]
    )
    names = {one["name"] for one in said["paths"]["/api/v1/products"]["get"]["parameters"]}
    assert {"query", "category", "store", "available", "cursor", "limit"} <= names


def test_every_code_that_a_call_may_give_is_explained():
    given = {code for said in api.DESCRIBED.values() for _, code in openapi.refusals_of(said)}
    assert given <= set(openapi.CODES)


@pytest.mark.parametrize(("language", "words"), [("fr", "fr"), ("en", "All stores, by name")])
async def test_both_descriptions_speak_both_languages(shop, language, words):
    headers = {"accept-language": language}
    said = await shop.get("/api/v1/openapi.json", headers=headers)
    assert said.headers["content-language"] == language
    page = await shop.get("/api/v1/docs", headers=headers)
    assert page.status_code == 200
    assert f'<html lang="{language}"' in page.text
    if language == "en":
        assert said.json()["paths"]["/api/v1/stores"]["get"]["summary"] == words
        assert words in page.text
    for method, path in api.ALLOWED:
        if not path.endswith(("/docs", "/openapi.json")):
            assert f"<code>{method} {path}</code>" in page.text
    for code in openapi.CODES:
        assert f'id="{code}"' in page.text
