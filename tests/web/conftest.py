"""Three people in front of the site: Léa shops, Inès works at Rivoli, Marc at Kléber."""

from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from factories import PASSWORD, World, build

from stores.staff import passwords


def client_of(app, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://vitrine.test", headers=headers, follow_redirects=False
    )


@pytest.fixture(autouse=True)
def passwords_are_hashed_quickly(monkeypatch) -> None:
    """Four people are made for each test; how long a hash takes is held in tests/stores/test_staff.py."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest_asyncio.fixture
async def world(app, database, clock) -> World:
    async with database.work() as session:
        return await build(session, now=clock())


@pytest_asyncio.fixture
async def lea(app) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody in particular, in a browser."""
    async with client_of(app, **{"sec-fetch-site": "same-origin"}) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, name: str) -> httpx.AsyncClient:
    """By the password alone, as the demo allows."""
    answer = await client.post("/fr/staff/login", data={"email": f"{name}@aurore.example", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


@pytest_asyncio.fixture
async def colleague(app, world):
    """Signs people in, each in a browser of her own: `ines = await colleague("ines")`."""
    clients = []

    async def signed_in(name: str) -> httpx.AsyncClient:
        clients.append(client_of(app, **{"sec-fetch-site": "same-origin"}))
        return await sign_in(clients[-1], name)

    yield signed_in
    for client in clients:
        await client.aclose()


@pytest.fixture
def browser_of():
    """Opens another browser: `async with browser_of(app) as thief`."""
    return client_of
