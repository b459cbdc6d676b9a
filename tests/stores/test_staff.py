"""People who work here: how they get in, what keeps others out, and who may do what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from argon2 import PasswordHasher
from pyotp import TOTP
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from kit.errors import Gone, Invalid, NotFound, Refused
from kit.languages import Translated
from stores import staff
from stores.places import Store
from stores.staff import Account, ApiKey, Outcome, Role, StaffSession, WrongCredentials, passwords
from stores.staff.rights import SCOPE_MAY
from stores.staff.sessions import network_of

NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PASSWORD = "quatre lampes sous la pluie"
ANOTHER = "trois chaises et un violon"

names = count(1)


async def hire(session: AsyncSession, role: Role = Role.ADVISOR, *, stores: tuple[int, ...] = ()) -> Account:
    """Somebody new, whose password is PASSWORD."""
    account, _ = await staff.add_account(
        session,
        f"nadia.{next(names)}@aurore.example",
        role,
        first_name="Nadia",
        last_name="Ferrand",
        store_ids=stores,
        password=PASSWORD,
        now=NOW,
    )
    return account


async def sign_in(session: AsyncSession, account: Account, *, now: datetime = NOW) -> str:
    return await staff.start_session(session, account, address="203.0.113.77", agent="Firefox", now=now)


async def with_authenticator(session: AsyncSession, account: Account, *, now: datetime = NOW) -> tuple[TOTP, list[str]]:
    """Set one up; its first code is used by that."""
    who = await staff.session_of(session, await sign_in(session, account, now=now), now=now)
    assert who
    new = await staff.begin_totp(session, account, current=who.current, issuer="Aurore", now=now)
    codes = await staff.confirm_totp(session, account, TOTP(new.secret).at(now), current=who.current, now=now)
    await staff.end_all_sessions(session, account.id)
    return TOTP(new.secret), codes


async def open_store(session: AsyncSession) -> int:
    """A store, of which only the number matters here."""
    slug = f"magasin-{next(names)}"
    empty = Translated(fr="-")
    store = Store(
        slug=slug, name=slug, sms_name=slug, street="1 rue", postcode="75001", city="Paris", latitude=48.8,
        longitude=2.3, phone="+33100000000", email="m@aurore.example", timezone="Europe/Paris",
        hours_osm="Mo-Sa 10:00-20:00",
        entrance=empty, desk=empty, desk_sms="accueil", about=empty, directions=[], floors=[], services=[],
    )  # fmt: skip
    session.add(store)
    await session.flush()
    return store.id


def wrong(code: str) -> str:
    """Six other digits."""
    return f"{(int(code) + 1) % 1000000:06}"


# Passwords


async def test_the_password_of_a_new_account_is_shown_once_and_kept_as_a_hash(session: AsyncSession) -> None:
    account, shown = await staff.add_account(session, " Claire@Aurore.Example ", Role.MANAGER, now=NOW)
    assert account.email == "claire@aurore.example"
    assert len(shown) >= 15
    row = (await session.execute(text("select * from account where id = :id"), {"id": account.id})).mappings().one()
    assert shown not in str(dict(row))
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await staff.check_password(session, "CLAIRE@aurore.example", shown, now=NOW)).id == account.id


async def test_an_address_has_one_account(session: AsyncSession) -> None:
    account = await hire(session)
    with pytest.raises(Invalid) as refusal:
        await staff.add_account(session, account.email.upper(), Role.ADMIN, now=NOW)
    assert refusal.value.code == "email_taken"
    with pytest.raises(Invalid):
        await staff.add_account(session, "nadia", Role.ADMIN, now=NOW)
    with pytest.raises(ValueError, match="director"):
        await staff.add_account(session, "x@aurore.example", "director", now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["unknown", "wrong", "disabled", "locked", "without a password"])
async def test_whoever_may_not_come_in_hears_the_same_after_the_same_work(
    session: AsyncSession, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await hire(session)
    changes: dict[str, dict[str, Any]] = {
        "disabled": {"disabled_at": NOW},
        "locked": {"locked_until": NOW + MINUTE},
        "without a password": {"password_hash": ""},
    }
    if state in changes:
        await session.execute(update(Account).where(Account.id == account.id).values(**changes[state]))
    verified = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
            verified.append(hash)
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=2, memory_cost=19456, parallelism=1))
    email = "nobody@aurore.example" if state == "unknown" else account.email
    with pytest.raises(WrongCredentials) as refusal:
        await staff.check_password(session, email, ANOTHER if state == "wrong" else PASSWORD, now=NOW)
    assert (refusal.value.status, refusal.value.code) == (401, "wrong_credentials")
    assert len(verified) == 1


async def test_a_lock_ends_by_itself(session: AsyncSession) -> None:
    account = await hire(session)
    await session.execute(update(Account).where(Account.id == account.id).values(locked_until=NOW + MINUTE))
    assert await staff.check_password(session, account.email, PASSWORD, now=NOW + MINUTE)


async def test_a_hash_with_old_parameters_is_made_again_at_the_next_sign_in(session: AsyncSession) -> None:
    account = await hire(session)
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    await session.execute(update(Account).where(Account.id == account.id).values(password_hash=old))
    await staff.check_password(session, account.email, PASSWORD, now=NOW)
    kept = await session.scalar(select(Account.password_hash).where(Account.id == account.id))
    assert kept != old
    assert "m=19456" in str(kept)
    assert await staff.check_password(session, account.email, PASSWORD, now=NOW)


async def test_odd_signs_in_an_address_or_a_password_are_simply_wrong(session: AsyncSession) -> None:
    for email, password in (("a\0@b", "x"), ("\ud800@b", "\ud800"), ("", ""), ("a@b", "é" * 100_000)):
        with pytest.raises(WrongCredentials):
            await staff.check_password(session, email, password, now=NOW)


async def test_the_same_password_typed_on_another_keyboard_opens(session: AsyncSession) -> None:
    composed, decomposed = "caf\u00e9 noir et deux sucres", "cafe\u0301 noir et deux sucres"
    account, _ = await staff.add_account(session, "cafe@aurore.example", Role.ADVISOR, password=composed, now=NOW)
    assert (await staff.check_password(session, account.email, decomposed, now=NOW)).id == account.id


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("quatorze signes", None),
        ("quatorze.signe", "password_too_short"),
        ("x1" * 65, "password_too_long"),
        ("cheval agrafe pile juste " * 5 + "oui", None),
        ("839201748592047", None),
        ("aaaaaaaaaaaaaaaaaaaa", "password_common"),
        ("motdepassemotdepasse", "password_common"),
        ("Azertyuiop123456", "password_common"),
        ("123456789012345", "password_common"),
        ("Aurore-2026-Aurore!", "password_common"),
        ("NadiaFerrand2026", "password_common"),
        ("🐈🐈🐈🐈🐈 lampe sous la table", None),
    ],
)
def test_what_may_be_a_password(password: str, code: str | None) -> None:
    words = ["Aurore", "Nadia", "Ferrand"]
    if code is None:
        passwords.check(password, words=words)
        return
    with pytest.raises(Invalid) as refusal:
        passwords.check(password, words=words)
    assert refusal.value.code == code


def test_the_demo_may_ask_for_less() -> None:
    passwords.check("lampe", minimum=4)
    with pytest.raises(Invalid):
        passwords.check("lampe")


async def test_changing_a_password_asks_for_the_old_one_and_ends_the_other_sessions(session: AsyncSession) -> None:
    account = await hire(session)
    here, elsewhere = await sign_in(session, account), await sign_in(session, account)
    who = await staff.session_of(session, here, now=NOW)
    assert who
    with pytest.raises(Invalid) as refusal:
        await staff.change_password(session, account, old=ANOTHER, new=ANOTHER)
    assert refusal.value.field == "old_password"
    with pytest.raises(Invalid):
        await staff.change_password(session, account, old=PASSWORD, new="Nadia Ferrand Aurore", house=["Aurore"])
    await staff.change_password(session, account, old=PASSWORD, new=ANOTHER, keep=who.current.id_hash)
    assert await staff.session_of(session, here, now=NOW)
    assert await staff.session_of(session, elsewhere, now=NOW) is None
    with pytest.raises(WrongCredentials):
        await staff.check_password(session, account.email, PASSWORD, now=NOW)
    assert await staff.check_password(session, account.email, ANOTHER, now=NOW)


async def test_a_mailed_link_changes_the_password_once_and_ends_all_sessions(session: AsyncSession) -> None:
    account = await hire(session)
    cookie = await sign_in(session, account)
    token = await staff.ask_reset(session, account.email, now=NOW)
    assert token
    with pytest.raises(Gone):
        await staff.reset_password(session, token, ANOTHER, now=NOW + HOUR)
    await staff.reset_password(session, token, ANOTHER, now=NOW + HOUR - MINUTE)
    assert await staff.session_of(session, cookie, now=NOW) is None
    assert await staff.check_password(session, account.email, ANOTHER, now=NOW)
    with pytest.raises(Gone):
        await staff.reset_password(session, token, PASSWORD, now=NOW)


async def test_only_the_last_link_works_and_strangers_get_none(session: AsyncSession) -> None:
    account = await hire(session)
    first = await staff.ask_reset(session, account.email, now=NOW)
    second = await staff.ask_reset(session, account.email, now=NOW)
    assert first and second
    with pytest.raises(Gone):
        await staff.reset_password(session, first, ANOTHER, now=NOW)
    await staff.disable(session, account, by_account_id=None, now=NOW)
    with pytest.raises(Gone):
        await staff.reset_password(session, second, ANOTHER, now=NOW)
    assert await staff.ask_reset(session, account.email, now=NOW) is None
    assert await staff.ask_reset(session, "nobody@aurore.example", now=NOW) is None


async def test_a_new_password_does_not_get_round_the_authenticator(session: AsyncSession) -> None:
    account = await hire(session)
    totp, _ = await with_authenticator(session, account)
    token = await staff.ask_reset(session, account.email, now=NOW)
    assert token
    await staff.reset_password(session, token, ANOTHER, now=NOW)
    account = await staff.check_password(session, account.email, ANOTHER, now=NOW)
    who = await staff.session_of(session, await sign_in(session, account), now=NOW)
    assert who
    assert not staff.principal_of(*who, code_required=False).may("reservation.read")
    with pytest.raises(staff.SecondFactorNeeded):
        await staff.begin_totp(session, account, current=who.current, issuer="Aurore", now=NOW)
    assert await staff.check_totp(session, account, totp.at(NOW + MINUTE), now=NOW + MINUTE) is Outcome.PASSED


# Sessions


async def test_a_session_is_known_by_the_hash_of_256_random_bits(session: AsyncSession) -> None:
    account = await hire(session)
    cookies = {await sign_in(session, account) for _ in range(3)}
    assert len(cookies) == 3
    assert all(len(cookie) == 43 for cookie in cookies)
    for row in await session.execute(text("select * from staff_session where account_id = :id"), {"id": account.id}):
        assert not any(cookie in str(row) or cookie.encode() in row.id_hash for cookie in cookies)
        assert row.address == "203.0.113.0/24"


async def test_who_is_asking_is_one_query_that_a_read_only_transaction_allows(session: AsyncSession) -> None:
    first, second = await open_store(session), await open_store(session)
    account = await hire(session, stores=(first, second))
    cookie = await sign_in(session, account)
    await session.execute(text("set transaction read only"))
    asked: list[str] = []
    engine = session.get_bind().engine

    def remember(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", remember)
    try:
        who = await staff.session_of(session, cookie, now=NOW + HOUR)
        assert who
        principal = staff.principal_of(*who, code_required=False)
    finally:
        event.remove(engine, "before_cursor_execute", remember)
    assert len(asked) == 1
    assert "totp_secret" not in asked[0]
    assert principal.store_ids == frozenset({first, second})
    assert (principal.name, principal.by, principal.email) == ("Nadia Ferrand", "Nadia", account.email)


async def test_a_session_ends_after_twelve_hours_even_when_used(session: AsyncSession) -> None:
    account = await hire(session)
    cookie = await sign_in(session, account)
    for hours in range(1, 12):
        who = await staff.session_of(session, cookie, now=NOW + hours * HOUR)
        assert who
        await staff.touch(session, who.current, now=NOW + hours * HOUR)
    assert await staff.session_of(session, cookie, now=NOW + 12 * HOUR) is None


async def test_being_here_is_written_once_a_minute(session: AsyncSession) -> None:
    account = await hire(session)
    cookie = await sign_in(session, account)
    who = await staff.session_of(session, cookie, now=NOW)
    assert who
    await staff.touch(session, who.current, now=NOW + MINUTE / 2)
    seen = await session.scalar(select(Account.last_seen_at).where(Account.id == account.id))
    assert seen == NOW, "signing in is being here"
    await staff.touch(session, who.current, now=NOW + MINUTE)
    assert await session.scalar(select(Account.last_seen_at).where(Account.id == account.id)) == NOW + MINUTE
    assert (
        await session.scalar(select(StaffSession.seen_at).where(StaffSession.account_id == account.id)) == NOW + MINUTE
    )


async def test_a_new_id_makes_the_old_one_worthless(session: AsyncSession) -> None:
    account = await hire(session)
    planted = await sign_in(session, account)
    new = await staff.rotate_session(session, planted, second_factor=True, now=NOW + MINUTE)
    assert await staff.session_of(session, planted, now=NOW + MINUTE) is None
    who = await staff.session_of(session, new, now=NOW + MINUTE)
    assert who and who.current.second_factor_at == NOW + MINUTE
    with pytest.raises(staff.SignedOut):
        await staff.rotate_session(session, planted, now=NOW + MINUTE)


async def test_a_password_alone_is_soon_forgotten_where_a_code_is_due(session: AsyncSession) -> None:
    account = await hire(session)
    await with_authenticator(session, account)
    half, whole = await sign_in(session, account), await sign_in(session, account)
    whole = await staff.rotate_session(session, whole, second_factor=True, now=NOW + MINUTE)
    assert await staff.session_of(session, half, now=NOW + HOUR) is None
    assert await staff.session_of(session, whole, now=NOW + 11 * HOUR)
    assert await staff.session_of(session, whole, now=NOW + 12 * HOUR) is None


async def test_sessions_are_listed_and_ended_one_by_one_or_all(session: AsyncSession) -> None:
    account, stranger = await hire(session), await hire(session)
    one, two = await sign_in(session, account), await sign_in(session, account, now=NOW + MINUTE)
    listed = await staff.sessions_of(session, account.id, now=NOW + MINUTE)
    assert len(listed) == 2
    await staff.end_one_session(session, stranger.id, listed[0].id_hash)
    assert await staff.session_of(session, two, now=NOW + MINUTE)
    await staff.end_one_session(session, account.id, listed[0].id_hash)
    assert await staff.session_of(session, two, now=NOW + MINUTE) is None
    await staff.end_session(session, one)
    assert await staff.session_of(session, one, now=NOW + MINUTE) is None


async def test_whoever_is_disabled_is_out_at_the_next_request(session: AsyncSession) -> None:
    account = await hire(session)
    cookie = await sign_in(session, account)
    await staff.disable(session, account, by_account_id=None, now=NOW)
    assert await staff.session_of(session, cookie, now=NOW) is None
    late = await sign_in(session, account)  # the password was checked just before
    assert await staff.session_of(session, late, now=NOW) is None
    with pytest.raises(WrongCredentials):
        await staff.check_password(session, account.email, PASSWORD, now=NOW)
    await staff.enable(session, account)
    assert await staff.session_of(session, cookie, now=NOW) is None
    assert await staff.check_password(session, account.email, PASSWORD, now=NOW)


async def test_what_time_has_ended_is_deleted(session: AsyncSession) -> None:
    account = await hire(session)
    await sign_in(session, account)
    late = await sign_in(session, account, now=NOW + HOUR)
    await staff.forget(session, now=NOW + 12 * HOUR)
    left = await session.scalar(select(func.count()).where(StaffSession.account_id == account.id))
    assert left == 1
    assert await staff.session_of(session, late, now=NOW + 12 * HOUR)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", ""),
        ("", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, network: str) -> None:
    assert network_of(address) == network


# The second factor


async def test_a_code_works_once(session: AsyncSession) -> None:
    account = await hire(session)
    totp, _ = await with_authenticator(session, account)
    assert await staff.check_totp(session, account, totp.at(NOW), now=NOW) is Outcome.WRONG  # confirmed with it
    later = NOW + MINUTE
    assert await staff.check_totp(session, account, totp.at(later), now=later) is Outcome.PASSED
    assert await staff.check_totp(session, account, totp.at(later), now=later) is Outcome.WRONG
    before = totp.at(later - MINUTE / 2)
    assert await staff.check_totp(session, account, before, now=later) is Outcome.WRONG  # an older one neither


@pytest.mark.parametrize(("seconds", "outcome"), [(-60, "wrong"), (-30, "passed"), (30, "passed"), (60, "wrong")])
async def test_a_phone_may_be_half_a_minute_wrong(session: AsyncSession, seconds: int, outcome: str) -> None:
    account = await hire(session)
    totp, _ = await with_authenticator(session, account)
    later = NOW + HOUR
    typed = totp.at(later + timedelta(seconds=seconds))
    assert await staff.check_totp(session, account, f" {typed[:3]} {typed[3:]}", now=later) == outcome


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "\0", "9" * 10_000])
async def test_what_is_no_code_is_wrong_and_counted(session: AsyncSession, typed: str) -> None:
    account = await hire(session)
    await with_authenticator(session, account)
    assert await staff.check_totp(session, account, typed, now=NOW) is Outcome.WRONG
    assert await staff.use_recovery_code(session, account, typed, now=NOW) is Outcome.WRONG
    assert await session.scalar(select(Account.totp_failures).where(Account.id == account.id)) == 2


async def test_an_authenticator_that_has_not_shown_a_code_opens_nothing(session: AsyncSession) -> None:
    account = await hire(session)
    assert await staff.check_totp(session, account, "000000", now=NOW) is Outcome.WRONG
    who = await staff.session_of(session, await sign_in(session, account), now=NOW)
    assert who
    new = await staff.begin_totp(session, account, current=who.current, issuer="Aurore", now=NOW)
    assert await staff.check_totp(session, account, TOTP(new.secret).at(NOW), now=NOW) is Outcome.WRONG


async def test_ten_wrong_codes_end_the_sessions_and_lock_for_a_quarter_of_an_hour(session: AsyncSession) -> None:
    account = await hire(session)
    totp, codes = await with_authenticator(session, account)
    cookie = await sign_in(session, account)
    later = NOW + MINUTE
    for _ in range(9):
        assert await staff.check_totp(session, account, wrong(totp.at(later)), now=later) is Outcome.WRONG
    assert await staff.session_of(session, cookie, now=later)
    assert await staff.check_totp(session, account, wrong(totp.at(later)), now=later) is Outcome.LOCKED
    assert await staff.session_of(session, cookie, now=later) is None
    assert await staff.check_totp(session, account, totp.at(later), now=later) is Outcome.LOCKED  # now even the right
    assert await staff.use_recovery_code(session, account, codes[0], now=later) is Outcome.LOCKED
    with pytest.raises(WrongCredentials):
        await staff.check_password(session, account.email, PASSWORD, now=later)
    over = later + 15 * MINUTE
    assert await staff.check_password(session, account.email, PASSWORD, now=over)
    assert await staff.check_totp(session, account, totp.at(over), now=over) is Outcome.PASSED
    assert await session.scalar(select(Account.totp_failures).where(Account.id == account.id)) == 0


async def test_patience_does_not_open_an_account(session: AsyncSession) -> None:
    account = await hire(session)
    totp, _ = await with_authenticator(session, account)
    moment = NOW + MINUTE
    while moment < NOW + timedelta(days=7):
        if await staff.check_totp(session, account, wrong(totp.at(moment)), now=moment) is Outcome.LOCKED:
            assert account.locked_until
            moment = account.locked_until
    assert account.totp_failures <= 140  # a chance of one in two thousand, for someone who has the password


async def test_a_recovery_code_works_once_however_it_is_typed(session: AsyncSession) -> None:
    account, other = await hire(session), await hire(session)
    _, codes = await with_authenticator(session, account)
    await with_authenticator(session, other)
    assert len(set(codes)) == 10
    assert await staff.use_recovery_code(session, other, codes[0], now=NOW) is Outcome.WRONG
    typed = codes[0].lower().replace("-", " ")
    assert await staff.use_recovery_code(session, account, typed, now=NOW) is Outcome.PASSED
    assert await staff.use_recovery_code(session, account, codes[0], now=NOW) is Outcome.WRONG
    assert await staff.recovery_codes_left(session, account.id) == 9
    stored = str((await session.execute(text("select * from recovery_code"))).all())
    assert codes[1] not in stored and codes[1].replace("-", "") not in stored


async def test_the_old_authenticator_works_until_the_new_one_has_shown_a_code(session: AsyncSession) -> None:
    account = await hire(session)
    old, old_codes = await with_authenticator(session, account)
    raw = await staff.rotate_session(session, await sign_in(session, account), second_factor=True, now=NOW)
    who = await staff.session_of(session, raw, now=NOW)
    assert who
    current = who.current
    new = await staff.begin_totp(session, account, current=current, issuer="Aurore", now=NOW)
    assert new.uri.startswith("otpauth://totp/Aurore:") and new.secret in new.uri
    with pytest.raises(Invalid):
        await staff.confirm_totp(session, account, old.at(NOW), current=current, now=NOW)
    later = NOW + MINUTE
    assert await staff.check_totp(session, account, old.at(later), now=later) is Outcome.PASSED
    await staff.confirm_totp(session, account, TOTP(new.secret).at(later), current=current, now=later)
    after = later + MINUTE
    assert await staff.check_totp(session, account, old.at(after), now=after) is Outcome.WRONG
    assert await staff.use_recovery_code(session, account, old_codes[0], now=after) is Outcome.WRONG
    assert await staff.check_totp(session, account, TOTP(new.secret).at(after), now=after) is Outcome.PASSED
    with pytest.raises(staff.SecondFactorNeeded):
        await staff.begin_totp(session, account, current=current, issuer="Aurore", now=NOW + 11 * MINUTE)


async def test_a_lost_phone_is_taken_away_by_an_admin(session: AsyncSession) -> None:
    account = await hire(session)
    totp, codes = await with_authenticator(session, account)
    cookie = await sign_in(session, account)
    await staff.forget_totp(session, account)
    assert not account.has_totp
    assert await staff.session_of(session, cookie, now=NOW) is None
    later = NOW + MINUTE
    assert await staff.check_totp(session, account, totp.at(later), now=later) is Outcome.WRONG
    assert await staff.use_recovery_code(session, account, codes[0], now=later) is Outcome.WRONG


def test_the_secret_of_an_authenticator_is_not_printed() -> None:
    account = Account(id=3, email="a@b", totp_secret="JBSWY3DPEHPK3PXP", password_hash="$argon2id$")
    assert repr(account) == "<Account 3>"


@asynccontextmanager
async def two_at_once(session: AsyncSession) -> AsyncIterator[tuple[AsyncEngine, Account, TOTP, list[str]]]:
    """A committed account with an authenticator, and the engine to meet it from several connections."""
    engine = AsyncEngine(session.get_bind().engine)
    async with AsyncSession(engine, expire_on_commit=False) as before, before.begin():
        account = await hire(before)
        totp, codes = await with_authenticator(before, account)
    try:
        yield engine, account, totp, codes
    finally:
        async with AsyncSession(engine) as after, after.begin():
            await after.execute(delete(Account).where(Account.id == account.id))


async def test_of_five_requests_with_the_same_code_one_passes(session: AsyncSession) -> None:
    async with two_at_once(session) as (engine, account, totp, codes):
        later = NOW + MINUTE

        async def try_code(recovery: bool) -> Outcome:
            async with AsyncSession(engine) as own, own.begin():
                if recovery:
                    return await staff.use_recovery_code(own, account, codes[0], now=later)
                return await staff.check_totp(own, account, totp.at(later), now=later)

        for recovery in (False, True):
            outcomes = await asyncio.gather(*(try_code(recovery) for _ in range(5)))
            assert sorted(outcomes) == ["passed", "wrong", "wrong", "wrong", "wrong"]


async def test_guessing_in_parallel_is_counted_one_by_one(session: AsyncSession) -> None:
    async with two_at_once(session) as (engine, account, totp, _):
        later = NOW + MINUTE

        async def guess() -> Outcome:
            async with AsyncSession(engine) as own, own.begin():
                return await staff.check_totp(own, account, wrong(totp.at(later)), now=later)

        outcomes = await asyncio.gather(*(guess() for _ in range(14)))
        assert outcomes.count(Outcome.WRONG) == 9
        assert outcomes.count(Outcome.LOCKED) == 5


# Rights


async def test_a_change_of_role_counts_at_once_and_ends_the_sessions(session: AsyncSession) -> None:
    first, second = await open_store(session), await open_store(session)
    account = await hire(session, Role.MANAGER, stores=(first,))
    cookie = await sign_in(session, account)
    before = await staff.change_rights(
        session, account, role=Role.MANAGER, store_ids=[first, second], by_account_id=None
    )
    assert before == staff.Rights(Role.MANAGER, frozenset({first}))
    who = await staff.session_of(session, cookie, now=NOW)
    assert who and who.store_ids == frozenset({first, second})
    await staff.change_rights(session, account, role=Role.ADVISOR, store_ids=[], by_account_id=None)
    assert await staff.session_of(session, cookie, now=NOW) is None
    who = await staff.session_of(session, await sign_in(session, account), now=NOW)
    assert who and who.store_ids == frozenset()
    assert not staff.principal_of(*who, code_required=False).may("customer.export")


async def test_nobody_changes_their_own_rights_and_one_admin_remains(session: AsyncSession) -> None:
    await session.execute(update(Account).where(Account.role == Role.ADMIN).values(disabled_at=NOW))
    only, advisor = await hire(session, Role.ADMIN), await hire(session)
    for refused, code in (
        (staff.change_rights(session, only, role=Role.ADVISOR, store_ids=[], by_account_id=None), "last_admin"),
        (staff.disable(session, only, by_account_id=advisor.id, now=NOW), "last_admin"),
        (staff.change_rights(session, advisor, role=Role.ADMIN, store_ids=[], by_account_id=advisor.id), "own_rights"),
        (staff.disable(session, advisor, by_account_id=advisor.id, now=NOW), "own_rights"),
    ):
        with pytest.raises(Refused) as refusal:
            await refused
        assert refusal.value.code == code
    await staff.change_rights(session, advisor, role=Role.ADMIN, store_ids=[], by_account_id=only.id)
    await staff.disable(session, only, by_account_id=advisor.id, now=NOW)


async def test_head_office_without_a_list_sees_every_store_and_a_store_s_people_none(session: AsyncSession) -> None:
    store = await open_store(session)
    seen = {}
    for role in Role:
        for stores in ((), (store,)):
            account = await hire(session, role, stores=stores)
            who = await staff.session_of(session, await sign_in(session, account), now=NOW)
            assert who
            seen[role, stores] = who.store_ids
    assert {role for (role, stores), ids in seen.items() if ids is None} == {Role.MERCHANDISER, Role.ADMIN}
    assert all(ids == frozenset(stores) for (_, stores), ids in seen.items() if ids is not None)
    managers = await staff.working_at(session, [store], role=Role.MANAGER)
    assert [account.role for account in managers] == ["manager"]
    assert {ids for account, ids in await staff.everyone(session) if account.role == "advisor"} >= {frozenset({store})}


MATRIX = {
    "reservation.answer": "advisor manager admin",
    "reservation.hand_over": "advisor manager admin",
    "stock.correct": "advisor manager merchandiser admin",
    "figures.read": "manager merchandiser admin",
    "catalogue.edit": "merchandiser admin",
    "customer.export": "manager",
    "customer.erase": "manager",
    "account.manage": "admin",
    "key.manage": "admin",
    "stock.feed": "",
    "made.up": "",
}


@pytest.mark.parametrize("verb", MATRIX)
def test_a_role_may_do_what_is_listed_and_nothing_else(verb: str) -> None:
    allowed = [role for role in Role if staff.Principal(kind="staff", role=role, two_factor=True).may(verb)]  # type: ignore[arg-type]
    assert " ".join(allowed) == MATRIX[verb]


def test_who_has_not_given_the_second_factor_may_nothing() -> None:
    for verb in staff.VERBS:
        assert not staff.Principal(kind="staff", role="admin", two_factor=False).may(verb)  # type: ignore[arg-type]
        assert not staff.ANONYMOUS.may(verb)  # type: ignore[arg-type]
        assert not staff.SHOPPER.may(verb)  # type: ignore[arg-type]
    assert not staff.ANONYMOUS.sees(1)


def test_the_demo_works_without_an_authenticator_but_not_around_one() -> None:
    account = Account(id=1, email="a@b", first_name="A", last_name="B", role="admin", language="fr")
    current = StaffSession(second_factor_at=None)
    assert not staff.principal_of(current, account, None).two_factor
    assert staff.principal_of(current, account, None, code_required=False).two_factor
    account.totp_confirmed_at = NOW
    assert not staff.principal_of(current, account, None, code_required=False).two_factor
    current.second_factor_at = NOW
    principal = staff.principal_of(current, account, None)
    assert principal.two_factor
    assert principal.is_fresh(NOW + 10 * MINUTE) and not principal.is_fresh(NOW + 11 * MINUTE)


# Keys


async def test_a_key_is_shown_once_and_found_by_its_hash(session: AsyncSession) -> None:
    shown = await staff.add_key(session, "till-paris", ["stock", "read"], [7, 3], now=NOW)
    assert shown.startswith("vtr_")
    row = (await session.execute(text("select * from api_key where name = 'till-paris'"))).mappings().one()
    assert shown not in str(dict(row)) and shown.startswith(row["prefix"])
    key = await staff.find_key(session, shown, now=NOW)
    assert key
    principal = staff.principal_of_key(key)
    assert principal.by == "key:till-paris"
    assert principal.store_ids == frozenset({3, 7})
    assert principal.may("stock.feed") and not principal.may("reservation.answer")
    assert principal.sees(3) and not principal.sees(4)
    for other in ("", "vtr_", shown[:-1], shown + "x", shown[:-1] + ("1" if shown[-1] != "1" else "2"), "vtr_\0"):
        assert await staff.find_key(session, other, now=NOW) is None


async def test_a_key_ends_after_a_year_or_when_it_is_revoked(session: AsyncSession) -> None:
    shown = await staff.add_key(session, "till", ["stock"], None, now=NOW)
    key = await staff.find_key(session, shown, now=NOW + timedelta(days=364))
    assert key and staff.principal_of_key(key).sees(12)
    assert await staff.find_key(session, shown, now=NOW + timedelta(days=365)) is None
    await staff.touch_key(session, key, now=NOW + HOUR)
    await staff.touch_key(session, key, now=NOW + HOUR + MINUTE / 2)
    assert await session.scalar(select(ApiKey.last_used_at).where(ApiKey.id == key.id)) == NOW + HOUR
    await staff.revoke_key(session, key.id, now=NOW + HOUR)
    await staff.revoke_key(session, key.id, now=NOW + 2 * HOUR)
    assert await staff.find_key(session, shown, now=NOW + HOUR) is None
    assert await session.scalar(select(ApiKey.revoked_at).where(ApiKey.id == key.id)) == NOW + HOUR
    with pytest.raises(NotFound):
        await staff.revoke_key(session, 0, now=NOW)


async def test_every_store_and_no_store_are_two_things(session: AsyncSession) -> None:
    everywhere = await staff.find_key(session, await staff.add_key(session, "a", ["read"], None, now=NOW), now=NOW)
    nowhere = await staff.find_key(session, await staff.add_key(session, "b", ["read"], [], now=NOW), now=NOW)
    assert everywhere and staff.principal_of_key(everywhere).store_ids is None
    assert nowhere and staff.principal_of_key(nowhere).store_ids == frozenset()
    assert await session.scalar(select(ApiKey.id).where(ApiKey.id == everywhere.id, ApiKey.store_ids.is_(None)))


@pytest.mark.parametrize("scopes", [[], ["stock", "admin"], ["*"]])
async def test_a_key_has_known_scopes(session: AsyncSession, scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        await staff.add_key(session, "till", scopes, None, now=NOW)


def test_every_scope_and_role_has_its_list() -> None:
    assert set(SCOPE_MAY) == set(staff.Scope)
    assert set(staff.MAY) == set(Role)


async def test_the_database_knows_the_roles_too(session: AsyncSession) -> None:
    values = {"email": "x@y", "first_name": "", "last_name": "", "role": "director", "created_at": NOW}
    with pytest.raises(Exception, match="ck_account_role"):
        await session.execute(insert(Account).values(**values))
