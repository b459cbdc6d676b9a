"""Programs that call the API in tests, and what they send."""

from typing import Any

import httpx2 as httpx

from stores import staff

RESERVATIONS = "/api/v1/reservations"
STAFF = "/api/v1/staff/reservations"


def caller(app, secret: str = "", **headers: str) -> httpx.AsyncClient:
    """A program without a browser; `secret` is a key or the token of a reservation."""
    if secret:
        headers["authorization"] = f"Bearer {secret}"
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://vitrine.test", headers=headers, timeout=60
    )


async def new_key(database, clock, *scopes: str, stores: list[Any] | None = None) -> str:
    """A key of these scopes, for these stores or for all."""
    async with database.work() as session:
        ids = None if stores is None else [store.id for store in stores]
        return await staff.add_key(session, "till", scopes, ids, now=clock())


def wish(store: str = "rivoli", **over: Any) -> dict[str, Any]:
    """Léa asks for one lamp."""
    body = {
        "store": store,
        "lines": [{"sku": "LUM-0001-LAI", "quantity": 1}],
        "customer": {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "language": "fr"},
    }
    return {**body, **over}


def sku(name: str, quantity: int = 1) -> dict[str, Any]:
    return {"sku": name, "quantity": quantity}


def problem_of(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem details, which have the shape that every refusal has."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said = response.json()
    assert said["code"] == code, said
    assert said["status"] == status
    assert said["type"].endswith(f"/api/v1/docs#{code}")
    assert said["title"]
    assert said["detail"]
    assert response.headers["cache-control"] == "no-store"
    return said


def fields_of(problem: dict[str, Any]) -> dict[str, str]:
    """Code by field."""
    assert all(error["message"] for error in problem["errors"])
    return {error["field"]: error["code"] for error in problem["errors"]}
