"""D5: a key is shown once, followed by another before it ends, and refused the moment it is revoked."""

import re
from datetime import timedelta

import pytest
from callers import caller
from factories import PASSWORD
from pyotp import TOTP
from reading import fields, text_of
from sqlalchemy import select, update

from booking.journal import Entry
from stores import staff
from stores.staff import Account, ApiKey

KEYS = "/fr/admin/keys"
SECRET = re.compile(r"vtr_[0-9A-Za-z]{30}")
RESERVATIONS = "/api/v1/staff/reservations"


@pytest.fixture
async def solene(world, colleague):
    return await colleague("solene")


def asked(**over: str) -> dict[str, str]:
    return {"name": "Caisses de Rivoli", "scope-staff": "1", "lasts": "90", **over}


async def made(client, **over: str) -> tuple[str, str]:
    """A key, and the page that showed it."""
    form = fields((await client.get(KEYS)).text, KEYS)
    answer = await client.post(KEYS, data={**form, **asked(**over)})
    assert answer.status_code == 200, text_of(answer.text)
    (secret,) = set(SECRET.findall(answer.text))
    assert answer.headers["cache-control"] == "no-store"
    return secret, answer.text


async def keys(database) -> list[ApiKey]:
    async with database.work(readonly=True) as session:
        return list(await staff.every_key(session))


async def events(database) -> list[Entry]:
    async with database.work(readonly=True) as session:
        return list(await session.scalars(select(Entry).where(Entry.subject == "key").order_by(Entry.id)))


async def status(app, secret: str) -> int:
    async with caller(app, secret) as program:
        return (await program.get(RESERVATIONS)).status_code


async def test_a_key_is_shown_once_and_opens_what_it_is_for(solene, database, world, app, clock):
    secret, _ = await made(solene, **{f"at-{world.kleber.id}": "1"})
    assert await status(app, secret) == 200
    (key,) = await keys(database)
    assert (key.scopes, key.store_ids, key.expires_at) == (["staff"], [world.kleber.id], clock() + timedelta(days=90))
    later = (await solene.get(KEYS)).text
    assert secret not in later and key.prefix in later
    (entry,) = await events(database)
    assert (entry.by, entry.event, entry.after) == ("Solène", "added", key.prefix)
    assert secret not in str(entry.detail) and "Caisses de Rivoli" in (await solene.get("/fr/admin/journal")).text
    clock.forward(days=91)
    assert await status(app, secret) == 401


async def test_the_same_form_sent_twice_is_one_key_whose_secret_stays_unsaid(solene, database):
    form = {**fields((await solene.get(KEYS)).text, KEYS), **asked()}
    assert (await solene.post(KEYS, data=form)).status_code == 200
    again = await solene.post(KEYS, data=form)
    assert again.status_code == 422 and not SECRET.search(again.text)
    assert len(await keys(database)) == 1


async def test_the_next_key_is_there_before_the_last_is_revoked(solene, database, app):
    first, _ = await made(solene)
    (old,) = await keys(database)
    answer = await solene.post(f"{KEYS}/{old.id}/rotate")
    (second,) = set(SECRET.findall(answer.text))
    assert answer.headers["cache-control"] == "no-store" and old.prefix in answer.text
    assert await status(app, first) == await status(app, second) == 200
    new = next(key for key in await keys(database) if key.id != old.id)
    assert (new.name, new.scopes, new.store_ids) == (old.name, old.scopes, old.store_ids)
    assert "replaced, to be revoked" in (await solene.get("/en/admin/keys")).text

    for _ in range(2):
        assert (await solene.post(f"{KEYS}/{old.id}/revoke")).status_code == 303
    assert (await status(app, first), await status(app, second)) == (401, 200)
    assert (await solene.post(f"{KEYS}/{old.id}/rotate")).status_code == 409
    assert [(one.event, one.before, one.after) for one in await events(database)] == [
        ("added", "", old.prefix), ("rotated", old.prefix, new.prefix), ("revoked", "", old.prefix),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("over", "field"),
    [({"name": " "}, "name"), ({"scope-staff": ""}, "scopes"), ({"lasts": "4000"}, "lasts"), ({"lasts": ""}, "lasts")],
)
async def test_a_key_for_nothing_or_for_ever_is_not_made(solene, database, over, field):
    answer = await solene.post(KEYS, data=asked(**over))
    assert answer.status_code == 422 and f'href="#{field}"' in answer.text and f'id="{field}"' in answer.text
    assert await keys(database) == []


async def test_a_key_needs_a_code_of_the_last_ten_minutes(world, database, clock, lea, app):
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    async with database.work() as session:
        values = {"totp_secret": secret, "totp_confirmed_at": clock()}
        await session.execute(update(Account).where(Account.email == "solene@aurore.example").values(**values))
    await lea.post("/fr/staff/login", data={"email": "solene@aurore.example", "password": PASSWORD})
    await lea.post("/fr/staff/second-factor", data={"code": TOTP(secret).at(clock())})
    shown, _ = await made(lea)
    (key,) = await keys(database)
    clock.forward(minutes=11)
    for path in (KEYS, f"{KEYS}/{key.id}/rotate", f"{KEYS}/{key.id}/revoke"):
        answer = await lea.post(path, data=asked())
        assert answer.status_code == 303 and "second-factor?next=" in answer.headers["location"], path
    assert await status(app, shown) == 200 and len(await keys(database)) == 1


async def test_an_admin_of_some_stores_gives_and_takes_keys_of_those(database, world, colleague, clock):
    async with database.work() as session:
        await staff.add_account(
            session, "odile@aurore.example", "admin", first_name="Odile", store_ids=[world.kleber.id],
            password=PASSWORD, now=clock(),
        )  # fmt: skip
        for stores in (None, [world.rivoli.id], [world.kleber.id, world.rivoli.id]):
            await staff.add_key(session, "till", ["stock"], stores, now=clock())
    odile = await colleague("odile")
    assert "vtr_" not in (await odile.get(KEYS)).text
    for key in await keys(database):
        for act in ("rotate", "revoke"):
            assert (await odile.post(f"{KEYS}/{key.id}/{act}")).status_code == 404
    assert (await odile.post(KEYS, data=asked())).status_code == 422  # without a store it would be for all
    await made(odile, **{f"at-{world.kleber.id}": "1"})


async def test_reading_counts_as_use_once_a_minute(solene, database, app, clock):
    secret, _ = await made(solene)
    assert "never" in (await solene.get("/en/admin/keys")).text
    began = clock()
    for _ in range(3):
        assert await status(app, secret) == 200
        clock.forward(seconds=25)
    assert [key.last_used_at for key in await keys(database)] == [began]
    clock.forward(seconds=30)
    await status(app, secret)
    assert [key.last_used_at for key in await keys(database)] == [clock()]


async def test_a_name_is_text(solene, database):
    await made(solene, name="<script>alert(1)</script>")
    assert "<script>alert" not in (await solene.get(KEYS)).text
