"""How often somebody may ask: windows that slide, counts that do not mix, and Redis away."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx2 as httpx
import pytest
from factories import PASSWORD, build
from reading import text_of
from running import free_port
from sqlalchemy import func, select

from booking.reservations.tables import Reservation
from kit.errors import TooMany
from web.app import connect_redis, create_app
from web.house import House
from web.security import RESERVE_BY_ADDRESS, SIGN_IN_BY_ACCOUNT, Limit, Limits

THREE_A_MINUTE = Limit("test", 3, 60)
HOUR = 3600


class Wall:
    """The machine's clock, which the limits read."""

    def __init__(self) -> None:
        self.ms = 1_795_000_000_000

    def __call__(self) -> int:
        return self.ms

    def forward(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@pytest.fixture
def wall(monkeypatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr("web.security.clock.wall_ms", wall)
    return wall


async def tries(limits: Limits, limit: Limit, key: str, times: int) -> list[bool]:
    """Whether each passed."""
    passed = []
    for _ in range(times):
        try:
            await limits.check(limit, key)
            passed.append(True)
        except TooMany:
            passed.append(False)
    return passed


async def wait_of(limits: Limits, limit: Limit, key: str) -> int:
    with pytest.raises(TooMany) as refused:
        await limits.check(limit, key)
    return refused.value.retry_after


@pytest.fixture
async def frozen() -> AsyncIterator[str]:
    """A Redis that takes calls and never answers."""
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda reader, writer: held.append(writer), "127.0.0.1", 0)
    yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    for writer in held:
        writer.close()
    await server.wait_closed()


# Windows


async def test_the_fourth_within_a_minute_is_refused_with_the_time_to_wait(clean_redis, wall):
    limits = Limits(clean_redis, on=True)
    for _ in range(3):
        await limits.check(THREE_A_MINUTE, "a")
        wall.forward(10)
    assert await wait_of(limits, THREE_A_MINUTE, "a") == 30
    assert await tries(limits, THREE_A_MINUTE, "b", 1) == [True], "another key has its own window"
    assert await tries(limits, Limit("other", 3, 60), "a", 1) == [True], "and another limit too"


async def test_the_window_slides_and_does_not_jump(clean_redis, wall):
    """A burst at the end of one minute and another at the start of the next would be six within seconds."""
    limits = Limits(clean_redis, on=True)
    wall.forward(55)
    assert await tries(limits, THREE_A_MINUTE, "a", 4) == [True, True, True, False]
    wall.forward(10)
    assert await tries(limits, THREE_A_MINUTE, "a", 2) == [False, False]
    wall.forward(49.9)
    assert await tries(limits, THREE_A_MINUTE, "a", 1) == [False]
    wall.forward(0.2)
    assert await tries(limits, THREE_A_MINUTE, "a", 4) == [True, True, True, False]


async def test_a_slow_drip_passes_three_times_a_minute_for_ever(clean_redis, wall):
    limits = Limits(clean_redis, on=True)
    for _ in range(30):
        assert await tries(limits, THREE_A_MINUTE, "a", 1) == [True]
        wall.forward(20.1)


async def test_who_was_refused_does_not_wait_longer_for_trying_again(clean_redis, wall):
    limits = Limits(clean_redis, on=True)
    await tries(limits, THREE_A_MINUTE, "a", 50)
    wall.forward(60.1)
    assert await tries(limits, THREE_A_MINUTE, "a", 1) == [True]


async def test_two_processes_count_together(clean_redis, redis_url, wall):
    other = connect_redis(redis_url)
    one, two = Limits(clean_redis, on=True), Limits(other, on=True)
    passed = await asyncio.gather(*(tries(limits, THREE_A_MINUTE, "a", 5) for limits in (one, two)))
    assert sum(passed[0] + passed[1]) == 3
    await other.aclose(close_connection_pool=True)


async def test_nothing_is_kept_longer_than_the_window(clean_redis, wall):
    await Limits(clean_redis, on=True).check(THREE_A_MINUTE, "a")
    [name] = await clean_redis.keys("limit:*")
    assert 0 < await clean_redis.pttl(name) <= 60_000


async def test_off_counts_nothing(clean_redis):
    assert all(await tries(Limits(clean_redis, on=False), THREE_A_MINUTE, "a", 20))
    assert await clean_redis.keys("limit:*") == []


# Redis away


async def test_without_redis_each_process_counts_by_itself(wall):
    away = connect_redis(f"redis://127.0.0.1:{free_port()}")
    limits = Limits(away, on=True)
    began = time.monotonic()
    assert await tries(limits, THREE_A_MINUTE, "a", 5) == [True, True, True, False, False]
    assert await wait_of(limits, THREE_A_MINUTE, "a") == 60
    wall.forward(60.1)
    assert await tries(limits, THREE_A_MINUTE, "a", 4) == [True, True, True, False]
    assert time.monotonic() - began < 1
    await away.aclose(close_connection_pool=True)


async def test_a_redis_that_never_answers_holds_nobody_up(frozen, wall):
    away = connect_redis(frozen)
    limits = Limits(away, on=True)
    began = time.monotonic()
    assert await tries(limits, THREE_A_MINUTE, "a", 4) == [True, True, True, False]
    assert time.monotonic() - began < 1, "the first waits half a second, the others not at all"
    await away.aclose(close_connection_pool=True)


async def test_redis_killed_in_the_middle_neither_opens_nor_shuts(clean_redis, wall):
    limits = Limits(clean_redis, on=True)
    await tries(limits, THREE_A_MINUTE, "a", 2)
    away = connect_redis(f"redis://127.0.0.1:{free_port()}")
    limits.slide.registered_client = away
    assert sum(await tries(limits, THREE_A_MINUTE, "a", 20)) == 3
    await away.aclose(close_connection_pool=True)


async def test_the_count_of_one_process_does_not_grow_for_ever(wall, monkeypatch):
    monkeypatch.setattr(Limits, "MOST_KEYS", 100)
    away = connect_redis(f"redis://127.0.0.1:{free_port()}")
    limits = Limits(away, on=True)
    for number in range(1000):
        await limits.check(THREE_A_MINUTE, str(number))
    assert len(limits.here) == 100
    await away.aclose(close_connection_pool=True)


# On the site


@pytest.fixture
async def strict(settings, clock, database, clean_redis):
    """The site with its limits on."""
    app = create_app(
        replace(settings, limits="on"), clock=clock, database=database, redis=clean_redis,
        house=House("Aurore", fresh_for=0),
    )  # fmt: skip
    async with app.router.lifespan_context(app):
        async with database.work() as session:
            await build(session, now=clock())
        yield app


def at(app, host: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=(host, 1)),
        base_url="http://vitrine.test",
        headers={"sec-fetch-site": "same-origin"},
    )


REQUEST = {"sku": "LUM-0001-LAI", "quantity": "1", "store": "rivoli", "contact": "email", "first_name": "Léa"}


async def test_twenty_requests_an_hour_from_one_address(strict, database, wall):
    async with at(strict, "10.0.0.1") as lea, at(strict, "10.0.0.2") as neighbour:
        for _ in range(20):
            assert (await lea.post("/fr/reserve", data=REQUEST)).status_code == 422
        refused = await lea.post("/fr/reserve", data={**REQUEST, "note": "Toujours là"})
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) == HOUR
        assert "01 99 00 12 34" in text_of(refused.text)
        assert "Toujours là" in refused.text
        assert (await neighbour.post("/fr/reserve", data=REQUEST)).status_code == 422
        wall.forward(HOUR / 2)
        assert int((await lea.post("/fr/reserve", data=REQUEST)).headers["retry-after"]) == HOUR / 2
        wall.forward(HOUR / 2 + 1)
        assert (await lea.post("/fr/reserve", data=REQUEST)).status_code == 422
    async with database.work(readonly=True) as session:
        assert await session.scalar(select(func.count()).select_from(Reservation)) == 0


async def test_the_api_counts_the_same_requests(strict, wall):
    for _ in range(RESERVE_BY_ADDRESS.times):
        await strict.state.limits.check(RESERVE_BY_ADDRESS, "10.0.0.1")
    async with at(strict, "10.0.0.1") as program:
        refused = await program.post(
            "/api/v1/reservations",
            json={
                "store": "rivoli",
                "lines": [{"sku": "LUM-0001-LAI", "quantity": 1}],
                "customer": {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr", "language": "fr"},
            },
        )
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) == refused.json()["retry_after"] == HOUR


async def sign_in(app, host: str, email: str, password: str) -> httpx.Response:
    async with at(app, host) as client:
        return await client.post("/fr/staff/login", data={"email": email, "password": password})


async def test_five_hundred_addresses_try_ten_passwords_of_one_account(strict, wall):
    statuses = [
        (await sign_in(strict, f"10.1.{n // 250}.{n % 250}", "ines@aurore.example", "wrong")).status_code
        for n in range(500)
    ]
    assert statuses.count(401) == SIGN_IN_BY_ACCOUNT.times == 10
    assert statuses[10:] == [429] * 490
    right = await sign_in(strict, "10.9.9.9", " INES@Aurore.example", PASSWORD)
    assert right.status_code == 429 and int(right.headers["retry-after"]) == 900
    assert (await sign_in(strict, "10.9.9.9", "marc@aurore.example", PASSWORD)).status_code == 303
    wall.forward(901)
    assert (await sign_in(strict, "10.9.9.9", "ines@aurore.example", PASSWORD)).status_code == 303


async def test_one_address_tries_thirty_passwords_of_any_accounts(strict, wall):
    statuses = [(await sign_in(strict, "10.0.0.1", f"{n}@aurore.example", "wrong")).status_code for n in range(33)]
    assert statuses == [401] * 30 + [429] * 3
    assert (await sign_in(strict, "10.0.0.1", "ines@aurore.example", PASSWORD)).status_code == 429
    assert (await sign_in(strict, "10.0.0.2", "ines@aurore.example", PASSWORD)).status_code == 303


async def test_without_redis_sign_ins_are_limited_all_the_same(strict, frozen, wall):
    away = connect_redis(frozen)
    strict.state.limits = Limits(away, on=True)
    began = time.monotonic()
    statuses = [(await sign_in(strict, f"10.0.0.{n}", "ines@aurore.example", "wrong")).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    assert time.monotonic() - began < 10
    await away.aclose(close_connection_pool=True)


async def test_in_the_demo_and_in_tests_they_may_be_off(app, world):
    for n in range(12):
        assert (await sign_in(app, "10.0.0.1", "ines@aurore.example", "wrong")).status_code == 401, n
