"""D4: Solène invites people, changes what they may do and shuts them out; nobody changes her own access."""

import asyncio
import re

import pytest
from factories import PASSWORD
from pyotp import TOTP
from reading import fields, text_of
from sqlalchemy import select, update

from booking.journal import Entry
from booking.letters import composing
from booking.messages import Message
from kit.errors import Refused
from stores import staff
from stores.staff import Account, Role

USERS = "/fr/admin/users"
NEW_PASSWORD = "quatre chevaux sous la pluie"


@pytest.fixture
async def solene(world, colleague):
    return await colleague("solene")


async def account(database, name: str) -> Account:
    async with database.work(readonly=True) as session:
        return await session.scalar(select(Account).where(Account.email == f"{name}@aurore.example"))


async def path_of(database, name: str) -> str:
    return f"{USERS}/{(await account(database, name)).id}"


async def events(database, name: str) -> list[tuple[str, str, str, str]]:
    """What the journal says of somebody's account, signing in left out."""
    number = (await account(database, name)).id
    async with database.work(readonly=True) as session:
        query = select(Entry).where(Entry.subject == "account", Entry.subject_id == number).order_by(Entry.id)
        found = await session.scalars(query)
        return [(one.by, one.event, one.before, one.after) for one in found if one.event != "signed_in"]


def invitation(world, **over: str) -> dict[str, str]:
    return {
        "email": "Noe@Aurore.example", "first_name": "Noé", "last_name": "Petit", "role": "advisor", "language": "fr",
        f"at-{world.rivoli.id}": "1", **over,
    }  # fmt: skip


async def letters(database, settings, clock) -> list[str]:
    """The links in the invitations that wait to be sent, as they would read."""
    async with database.work() as session:
        query = select(Message).where(Message.template == "account_invited").order_by(Message.created_at)
        composed = [
            await composing.compose(session, one, settings=settings, now=clock())
            for one in await session.scalars(query)
        ]
    return [letter.links[0].removeprefix("http://vitrine.test") for letter in composed]


async def with_authenticator(database, clock, name: str) -> str:
    """Somebody has an authenticator; returns its secret."""
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    async with database.work() as session:
        values = {"totp_secret": secret, "totp_confirmed_at": clock()}
        await session.execute(update(Account).where(Account.email == f"{name}@aurore.example").values(**values))
    return secret


# Invitations


async def test_an_invited_person_chooses_her_password_and_signs_in(solene, world, database, settings, clock, lea):
    form = fields((await solene.get(USERS)).text, USERS)
    for _ in range(2):
        assert (await solene.post(USERS, data={**form, **invitation(world)})).status_code == 303
    noe = await account(database, "noe")
    assert (noe.name, noe.role, noe.is_invited) == ("Noé Petit", "advisor", True)
    assert "noe@aurore.example Advisor Aurore Rivoli never off invited" in text_of(
        (await solene.get("/en/admin/users")).text
    )
    for password in ("", PASSWORD, "x"):
        answer = await lea.post("/fr/staff/login", data={"email": noe.email, "password": password})
        assert answer.status_code in (401, 422)

    (link,) = await letters(database, settings, clock)
    clock.forward(days=6, hours=23)
    assert (await lea.post(link, data={"password": NEW_PASSWORD})).status_code == 303
    answer = await lea.post("/fr/staff/login", data={"email": noe.email, "password": NEW_PASSWORD})
    assert answer.status_code == 303
    assert (await lea.get("/fr/staff")).status_code == 200
    assert ("Solène", "invited", "", "advisor: rivoli") in await events(database, "noe")


async def test_an_invitation_ends_after_seven_days_and_is_sent_again(solene, world, database, settings, clock, lea):
    await solene.post(USERS, data=invitation(world))
    (first,) = await letters(database, settings, clock)
    clock.forward(days=7, minutes=1)
    answer = await lea.post(first, data={"password": NEW_PASSWORD})
    assert answer.status_code == 410
    solene = await sign_in_again(solene)
    again = f"{await path_of(database, 'noe')}/invitation"
    assert (await solene.post(again)).status_code == 303
    _, second = await letters(database, settings, clock)
    assert (await lea.post(second, data={"password": NEW_PASSWORD})).status_code == 303
    assert (await solene.post(again)).status_code == 409


async def sign_in_again(client):
    await client.post("/fr/staff/login", data={"email": "solene@aurore.example", "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    ("over", "field"),
    [
        ({"email": "ines@aurore.example"}, "email"), ({"email": "nobody"}, "email"),
        ({"first_name": " "}, "first_name"),
        ({"role": "owner"}, "role"), ({"language": "de"}, "language"),
    ],
)  # fmt: skip
async def test_an_invitation_that_cannot_be_comes_back_filled(solene, world, database, over, field):
    answer = await solene.post(USERS, data=invitation(world, **over))
    assert answer.status_code == 422 and f'id="{field}-error"' in answer.text
    assert 'value="Petit"' in answer.text
    assert await account(database, "noe") is None


async def test_who_works_in_a_store_needs_one_and_head_office_does_not(solene, world, database):
    sent = invitation(world)
    del sent[f"at-{world.rivoli.id}"]
    assert (await solene.post(USERS, data=sent)).status_code == 422
    assert (await solene.post(USERS, data={**sent, "role": "merchandiser"})).status_code == 303


async def test_what_a_form_smuggles_in_changes_nothing(solene, world, database):
    smuggled = {
        "id": "1",
        "password_hash": "x",
        "disabled_at": "2020-01-01",
        "totp_confirmed_at": "2020-01-01",
        "at-999": "1",
    }
    await solene.post(USERS, data={**invitation(world), **smuggled})
    noe = await account(database, "noe")
    assert (noe.is_invited, noe.disabled_at, noe.has_totp) == (True, None, False)


# Rights


async def test_other_rights_count_from_the_next_request_on(solene, world, database, colleague):
    ines = await colleague("ines")
    path = await path_of(database, "ines")
    form = fields((await solene.get(path)).text, path)
    sent = {**form, f"at-{world.kleber.id}": "1"}
    del sent[f"at-{world.rivoli.id}"]
    assert (await ines.get("/fr/staff")).status_code == 200
    assert (await solene.post(path, data=sent)).status_code == 303
    assert "Aurore Kleber" in (await ines.get("/fr/staff/account")).text
    form = fields((await solene.get(path)).text, path)
    assert (await solene.post(path, data={**form, "role": "manager"})).status_code == 303
    assert (await ines.get("/fr/staff")).status_code == 303  # another role signs her out
    assert await events(database, "ines") == [
        ("Solène", "rights", "advisor: rivoli", "advisor: kleber"),
        ("Solène", "rights", "advisor: kleber", "manager: kleber"),
    ]


async def test_two_admins_who_change_one_person_keep_both_changes(solene, world, database, colleague):
    again, path = await colleague("solene"), await path_of(database, "ines")
    hers, mine = [fields((await one.get(path)).text, path) for one in (solene, again)]
    assert (await solene.post(path, data={**hers, f"at-{world.kleber.id}": "1"})).status_code == 303
    answer = await again.post(path, data={**mine, f"at-{world.lyon.id}": "1"})
    assert answer.status_code == 409
    assert (await again.post(path, data=fields(answer.text, path))).status_code == 303
    async with database.work(readonly=True) as session:
        stores = await staff.assigned_stores(session, (await account(database, "ines")).id)
    assert stores == {world.rivoli.id, world.kleber.id, world.lyon.id}


async def test_nobody_changes_her_own_access(solene, database, world):
    path = await path_of(database, "solene")
    assert (await solene.post(path, data={"role": "manager", f"at-{world.rivoli.id}": "1"})).status_code == 409
    answer = await solene.post(f"{path}/disable")
    assert answer.status_code == 409 and "error-summary" in answer.text
    assert (await solene.post(f"{path}/sessions")).headers["location"] == "/fr/staff/account"
    assert (await solene.post(f"{path}/second-factor")).headers["location"] == "/fr/staff/account"
    assert (await account(database, "solene")).role == "admin"
    assert await events(database, "solene") == []


async def test_of_two_admins_who_remove_each_other_at_once_one_remains(solene, world, database, colleague, clock):
    async with database.work() as session:
        await staff.add_account(
            session, "odile@aurore.example", "admin", first_name="Odile", password=PASSWORD, now=clock()
        )
    odile = await colleague("odile")
    paths = [f"{await path_of(database, name)}/disable" for name in ("odile", "solene")]
    answers = await asyncio.gather(solene.post(paths[0]), odile.post(paths[1]))
    assert sorted(answer.status_code for answer in answers) in ([303, 401], [303, 409])
    async with database.work(readonly=True) as session:
        left = (
            await session.scalars(select(Account).where(Account.role == "admin", Account.disabled_at.is_(None)))
        ).all()
    assert len(left) == 1


async def test_an_invited_admin_is_not_yet_one_who_remains(solene, world, database, clock):
    await solene.post(USERS, data=invitation(world, role="admin"))
    async with database.work() as session:
        only = await session.scalar(select(Account).where(Account.email == "solene@aurore.example"))
        with pytest.raises(Refused) as refused:
            await staff.change_rights(session, only, role=Role.ADVISOR, store_ids=[], by_account_id=None)
    assert refused.value.code == "last_admin"


# Out


async def test_a_disabled_account_is_out_at_the_next_request_and_comes_back(solene, database, colleague):
    ines, path = await colleague("ines"), await path_of(database, "ines")
    assert (await solene.post(f"{path}/disable")).status_code == 303
    assert (await ines.get("/fr/staff")).status_code == 303
    assert (await ines.post("/fr/staff/password", data={})).status_code == 401
    sent = {"email": "ines@aurore.example", "password": PASSWORD}
    assert (await ines.post("/fr/staff/login", data=sent)).status_code == 401
    assert (await solene.post(f"{path}/enable")).status_code == 303
    assert (await ines.post("/fr/staff/login", data=sent)).status_code == 303
    assert [event for _, event, _, _ in await events(database, "ines")] == ["disabled", "enabled"]


async def test_a_lost_telephone_is_signed_out_and_its_authenticator_taken_away(solene, database, colleague, clock):
    ines, path = await colleague("ines"), await path_of(database, "ines")
    assert (await solene.post(f"{path}/sessions")).status_code == 303
    assert (await ines.get("/fr/staff")).status_code == 303
    await with_authenticator(database, clock, "ines")
    assert "second-factor" in (await solene.get(path)).text
    assert (await solene.post(f"{path}/second-factor")).status_code == 303
    assert not (await account(database, "ines")).has_totp
    assert [event for _, event, _, _ in await events(database, "ines")] == ["sessions_ended", "totp_forgotten"]


async def test_every_change_asks_for_a_code_of_the_last_ten_minutes(world, database, clock, lea):
    secret = await with_authenticator(database, clock, "solene")
    await lea.post("/fr/staff/login", data={"email": "solene@aurore.example", "password": PASSWORD})
    answer = await lea.post("/fr/staff/second-factor", data={"code": TOTP(secret).at(clock())})
    assert answer.status_code == 303
    ines = await path_of(database, "ines")
    assert (await lea.post(f"{ines}/sessions")).status_code == 303
    clock.forward(minutes=11)
    posts = [
        USERS,
        ines,
        *(f"{ines}/{act}" for act in ("disable", "enable", "sessions", "second-factor", "invitation")),
    ]
    before = await events(database, "ines")
    for path in posts:
        answer = await lea.post(path, data={**invitation(world), "role": "admin"})
        assert answer.status_code == 303 and "/fr/staff/second-factor?next=" in answer.headers["location"], path
    assert await events(database, "ines") == before
    assert (await account(database, "ines")).role == "advisor" and await account(database, "noe") is None
    assert "/fr/staff/second-factor?next=" in (await lea.get(USERS)).text
    await lea.post("/fr/staff/second-factor", data={"code": TOTP(secret).at(clock())})
    assert (await lea.post(f"{ines}/disable")).headers["location"].startswith(ines)


# Who may see whom


async def test_an_admin_of_some_stores_manages_the_people_of_those(database, world, colleague, clock):
    async with database.work() as session:
        await staff.add_account(
            session, "odile@aurore.example", "admin", first_name="Odile", store_ids=[world.kleber.id],
            password=PASSWORD, now=clock(),
        )  # fmt: skip
    odile = await colleague("odile")
    page = text_of((await odile.get(USERS)).text)
    assert "marc@aurore.example" in page and "ines@aurore.example" not in page and "solene@" not in page
    for act in ("", "/disable", "/enable", "/sessions", "/second-factor", "/invitation"):
        for name in ("ines", "solene", "paul"):
            path = await path_of(database, name)
            assert (await odile.post(f"{path}{act}", data={"role": "admin"})).status_code == 404, (name, act)
    sent = {**invitation(world, role="admin")}
    assert (await odile.post(USERS, data=sent)).status_code == 422  # Rivoli is not hers to give
    marc = await path_of(database, "marc")
    form = fields((await odile.get(marc)).text, marc)
    assert (await odile.post(marc, data={**form, "role": "admin", f"at-{world.kleber.id}": ""})).status_code == 422


async def test_the_list_says_who_where_and_since_when(solene, database, clock, colleague):
    ines = await colleague("ines")
    clock.forward(minutes=5)
    await ines.post("/fr/staff/store", data={"store": "rivoli"})
    clock.forward(hours=2)
    await with_authenticator(database, clock, "marc")
    page = (await solene.get("/en/admin/users")).text
    found = re.findall(r"<tr><th scope=\"row\">.*?</tr>", page, re.DOTALL)
    rows = {re.search(r"[a-z]+@", row)[0]: row for row in found}
    assert "2 hours ago" in rows["ines@"] and "never" in rows["marc@"]
    assert ">off<" in rows["ines@"] and ">off<" not in rows["marc@"]
    assert "Aurore Rivoli" in rows["ines@"] and "all stores" in rows["paul@"]
