"""Signing in: passwords, second factors, forgotten passwords, and what ends a session."""

import re
from dataclasses import replace

import pyotp
import pytest
import pytest_asyncio
from factories import PASSWORD, build
from sqlalchemy import select, update

from booking.messages import Message
from stores.staff import Account, StaffSession
from web.app import create_app
from web.house import House

BOARD, LOGIN = "/fr/staff", "/fr/staff/login"
NEW = "quatre mots sans aucun lien"


async def try_password(client, email="ines@aurore.example", password=PASSWORD, **more):
    return await client.post(LOGIN, data={"email": email, "password": password}, **more)


async def test_who_is_not_signed_in_goes_to_the_sign_in_and_back(lea, world):
    away = await lea.get("/fr/staff/reservations")
    assert away.status_code == 303
    assert away.headers["location"] == "/fr/staff/login?next=/fr/staff/reservations"
    back = await lea.post(away.headers["location"], data={"email": "INES@aurore.example ", "password": PASSWORD})
    assert (back.status_code, back.headers["location"]) == (303, "/fr/staff/reservations")
    assert (await lea.get(back.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_the_way_back_never_leaves_the_site(lea, world, elsewhere):
    answer = await try_password(lea, params={"next": elsewhere})
    assert answer.headers["location"] == BOARD


@pytest.mark.parametrize(
    ("email", "password"), [("ines@aurore.example", "wrong"), ("nobody@aurore.example", PASSWORD), ("ines\0@x", "\0")]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(lea, world, email, password):
    answer = await lea.post("/en/staff/login", data={"email": email, "password": password})
    assert answer.status_code == 401
    assert "These details do not open an account" in answer.text
    assert not lea.cookies


async def test_the_page_that_comes_back_keeps_the_address_and_forgets_the_password(lea, world):
    answer = await try_password(lea, password="a wrong one that must not come back")
    assert 'value="ines@aurore.example"' in answer.text
    assert "must not come back" not in answer.text


async def test_a_session_that_was_there_before_is_worth_nothing_after_the_sign_in(app, colleague, browser_of):
    ines = await colleague("ines")
    old = ines.cookies["vitrine-staff"]
    await try_password(ines)
    assert ines.cookies["vitrine-staff"] != old
    async with browser_of(app, cookie=f"vitrine-staff={old}") as thief:
        assert (await thief.get(BOARD)).status_code == 303


async def test_a_planted_cookie_is_replaced(app, world, browser_of):
    async with browser_of(app, cookie="vitrine-staff=planted") as victim:
        answer = await try_password(victim)
        assert "vitrine-staff=" in answer.headers["set-cookie"]
        assert "planted" not in answer.headers["set-cookie"]
        assert "HttpOnly" in answer.headers["set-cookie"]
    async with browser_of(app, cookie="vitrine-staff=planted") as thief:
        assert (await thief.get(BOARD)).status_code == 303


async def test_signing_out_ends_the_session_itself(app, colleague, browser_of):
    ines = await colleague("ines")
    kept = ines.cookies["vitrine-staff"]
    answer = await ines.post("/fr/staff/logout")
    assert answer.headers["location"] == "/fr/staff/login?notice=signed_out"
    async with browser_of(app, cookie=f"vitrine-staff={kept}") as later:
        assert (await later.get(BOARD)).status_code == 303


async def test_who_was_disabled_is_out_at_the_next_request(colleague, database, clock):
    ines = await colleague("ines")
    assert (await ines.get(BOARD)).status_code == 200
    async with database.work() as session:
        await session.execute(update(Account).where(Account.email.startswith("ines")).values(disabled_at=clock()))
    assert (await ines.get(BOARD)).status_code == 303
    acting = await ines.post("/en/staff/tasks/1/done")
    assert acting.status_code == 401
    assert "Sign in" in acting.text


async def test_a_session_lasts_one_shift(colleague, clock):
    ines = await colleague("ines")
    clock.forward(hours=11, minutes=59)
    assert (await ines.get(BOARD)).status_code == 200
    clock.forward(minutes=2)
    assert (await ines.get(BOARD)).status_code == 303


async def test_an_htmx_request_without_a_session_is_told_to_go_to_the_sign_in(lea, world):
    answer = await lea.get(BOARD, headers={"hx-request": "true"})
    assert answer.status_code == 204
    assert answer.headers["hx-redirect"].startswith(LOGIN)


# Limits


@pytest_asyncio.fixture
async def strict(settings, clock, database, clean_redis, browser_of):
    """The site with its limits on."""
    app = create_app(
        replace(settings, limits="on"), clock=clock, database=database, redis=clean_redis,
        house=House("Aurore", fresh_for=0),
    )  # fmt: skip
    async with app.router.lifespan_context(app):
        async with database.work() as session:
            await build(session, now=clock())
        async with browser_of(app) as client:
            yield client


async def test_ten_wrong_passwords_close_the_account_for_a_while_even_to_the_right_one(strict):
    for _ in range(10):
        assert (await try_password(strict, password="wrong")).status_code == 401
    answer = await try_password(strict)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


async def test_a_reset_may_be_asked_for_five_times_an_hour_by_known_and_unknown_alike(strict):
    for email in ("ines@aurore.example", "nobody@aurore.example"):
        answers = [await strict.post("/fr/staff/password/forgotten", data={"email": email}) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]


# The second factor


@pytest_asyncio.fixture
async def house(settings, clock, database, clean_redis):
    """A real installation: no demo, so nobody works without a second factor."""
    app = create_app(
        replace(settings, demo=False), clock=clock, database=database, redis=clean_redis,
        house=House("Aurore", fresh_for=0),
    )  # fmt: skip
    async with app.router.lifespan_context(app):
        async with database.work() as session:
            await build(session, now=clock())
        yield app


@pytest_asyncio.fixture
async def ines(house, browser_of):
    async with browser_of(house) as client:
        yield client


async def set_up(client, clock):
    """Signs Inès in and brings her authenticator; returns it with her recovery codes."""
    signed_in = await try_password(client)
    assert signed_in.headers["location"] == "/fr/staff/totp"
    page = await client.post("/fr/staff/totp")
    secret = re.search(r'class="code secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page.text)[1]
    totp = pyotp.TOTP(secret)
    done = await client.post("/fr/staff/totp/confirm", data={"sealed": sealed, "code": totp.at(clock())})
    assert done.status_code == 200, done.text
    codes = re.findall(r'<li class="code">([0-9A-Z-]{19})</li>', done.text)
    return totp, codes


async def test_outside_the_demo_an_authenticator_comes_before_everything_else(ines, clock):
    await try_password(ines)
    for path in (BOARD, "/fr/staff/reservations", "/fr/staff/account", "/fr/staff/password"):
        away = await ines.get(path)
        assert away.status_code == 303
        step = await ines.get(away.headers["location"])
        assert step.headers["location"].startswith("/fr/staff/totp")
    assert (await ines.post("/fr/staff/tasks/1/done")).status_code == 401
    _, codes = await set_up(ines, clock)
    assert len(codes) == len(set(codes)) == 10
    assert (await ines.get(BOARD)).status_code == 200


async def test_a_wrong_first_code_shows_the_same_secret_again(ines, clock):
    await try_password(ines)
    page = await ines.post("/fr/staff/totp")
    secret = re.search(r'class="code secret">([A-Z2-7 ]+)<', page.text)[1]
    sealed = re.search(r'name="sealed"[^>]*value="([^"]+)"', page.text)[1]
    again = await ines.post("/fr/staff/totp/confirm", data={"sealed": sealed, "code": "000000"})
    assert again.status_code == 422
    assert secret in again.text
    assert "<svg" in again.text


async def test_from_then_on_both_are_asked_for_and_a_code_counts_once(house, ines, clock, browser_of):
    totp, _ = await set_up(ines, clock)
    clock.forward(minutes=1)
    code = totp.at(clock())
    await ines.post("/fr/staff/logout")
    step = await try_password(ines)
    assert step.headers["location"] == "/fr/staff/second-factor"
    before = ines.cookies["vitrine-staff"]
    assert (await ines.get(BOARD)).status_code == 303
    inside = await ines.post("/fr/staff/second-factor", data={"code": f"{code[:3]} {code[3:]}"})
    assert inside.headers["location"] == BOARD
    assert ines.cookies["vitrine-staff"] != before
    assert (await ines.get(BOARD)).status_code == 200
    async with browser_of(house) as thief:
        await try_password(thief)
        assert (await thief.post("/fr/staff/second-factor", data={"code": code})).status_code == 401
        assert (await thief.get(BOARD)).status_code == 303


async def test_a_recovery_code_opens_once(ines, clock):
    _, codes = await set_up(ines, clock)
    for expected in (303, 401):
        await ines.post("/fr/staff/logout")
        await try_password(ines)
        answer = await ines.post("/fr/staff/second-factor", data={"code": codes[0].lower()})
        assert answer.status_code == expected


async def test_ten_wrong_codes_sign_out_everywhere_and_tell_the_owner_once(house, ines, clock, database, browser_of):
    totp, _ = await set_up(ines, clock)
    async with browser_of(house) as thief:
        await try_password(thief)
        answers = [await thief.post("/fr/staff/second-factor", data={"code": "000000"}) for _ in range(10)]
        assert [answer.status_code for answer in answers] == [401] * 10
        assert (await thief.get("/fr/staff/second-factor")).status_code == 303
        # the eleventh is a whole new sign-in, which the right password does not open now
        assert (await try_password(thief)).status_code == 401
    assert (await ines.get(BOARD)).status_code == 303
    async with database.work(readonly=True) as session:
        [told] = (await session.scalars(select(Message).where(Message.template == "account_locked"))).all()
        assert told.payload["path"].startswith("/fr/staff/password")
    clock.forward(minutes=16)
    await try_password(ines)
    assert (await ines.post("/fr/staff/second-factor", data={"code": totp.at(clock())})).status_code == 303


async def test_new_recovery_codes_ask_for_a_code_of_the_last_ten_minutes(ines, clock):
    totp, codes = await set_up(ines, clock)
    clock.forward(minutes=11)
    away = await ines.post("/fr/staff/recovery-codes")
    assert away.headers["location"] == "/fr/staff/second-factor?next=%2Ffr%2Fstaff%2Faccount"
    await ines.post(away.headers["location"], data={"code": totp.at(clock())})
    page = await ines.post("/fr/staff/recovery-codes")
    fresh = re.findall(r'<li class="code">([0-9A-Z-]{19})</li>', page.text)
    assert len(fresh) == 10
    assert not set(fresh) & set(codes)


# Passwords


async def reset_path(database) -> str:
    async with database.work(readonly=True) as session:
        query = select(Message).where(Message.template == "password_reset").order_by(Message.created_at.desc())
        return (await session.scalars(query)).first().payload["path"]


async def test_a_forgotten_password_is_chosen_anew_by_a_mailed_link_that_works_once(app, colleague, lea, database):
    ines = await colleague("ines")
    asked = await lea.post("/fr/staff/password/forgotten", data={"email": "ines@aurore.example"})
    unknown = await lea.post("/fr/staff/password/forgotten", data={"email": "nobody@aurore.example"})
    assert asked.status_code == unknown.status_code == 200
    assert asked.text.replace("ines@", "nobody@") == unknown.text
    link = await reset_path(database)
    page = await lea.get(link)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    poor = await lea.post(link, data={"password": "aurore rivoli paris"})
    assert poor.status_code == 422
    done = await lea.post(link, data={"password": NEW})
    assert done.headers["location"] == "/fr/staff/login?notice=password_changed"
    assert (await ines.get(BOARD)).status_code == 303
    assert (await try_password(lea, password=NEW)).status_code == 303
    assert (await lea.post(link, data={"password": NEW + " encore"})).status_code == 410


async def test_two_resets_within_a_minute_are_two_mails_and_the_last_link_works(lea, world, database):
    for _ in range(2):
        await lea.post("/fr/staff/password/forgotten", data={"email": "ines@aurore.example"})
    async with database.work(readonly=True) as session:
        paths = [m.payload["path"] for m in await session.scalars(select(Message).order_by(Message.created_at))]
    answers = {path: (await lea.post(path, data={"password": NEW})).status_code for path in paths}
    assert sorted(answers.values()) == [303, 410]


async def test_changing_the_password_ends_the_other_browsers_and_not_this_one(colleague):
    here, there = await colleague("ines"), await colleague("ines")
    before = here.cookies["vitrine-staff"]
    wrong = await here.post("/fr/staff/password", data={"old_password": "wrong", "password": NEW})
    assert wrong.status_code == 422
    done = await here.post("/fr/staff/password", data={"old_password": PASSWORD, "password": NEW})
    assert done.headers["location"] == "/fr/staff/account?notice=password_changed"
    assert here.cookies["vitrine-staff"] != before
    assert (await here.get(BOARD)).status_code == 200
    assert (await there.get(BOARD)).status_code == 303


async def test_someone_ends_her_other_sessions_and_nobody_elses(colleague, database):
    here, there, marc = await colleague("ines"), await colleague("ines"), await colleague("marc")
    async with database.work(readonly=True) as session:
        marcs = await session.scalar(
            select(StaffSession.id_hash).join(Account).where(Account.email == "marc@aurore.example")
        )
    await here.post("/fr/staff/sessions/end", data={"key": marcs.hex()})
    assert (await marc.get(BOARD)).status_code == 200
    await here.post("/fr/staff/sessions/end")
    assert (await there.get(BOARD)).status_code == 303
    assert (await here.get("/fr/staff/account")).text.count("Firefox") == 0
    assert (await here.get(BOARD)).status_code == 200
