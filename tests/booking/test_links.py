"""Private links: two for each booking, known by their hash, worth nothing to whoever guesses or comes too late."""

from datetime import timedelta

import pytest
from factories import SECRET, build
from sqlalchemy import select

from booking import links
from booking.links import Link
from kit.codes import is_token, token_hash
from kit.errors import Gone, NotFound


@pytest.fixture
async def token(session, clock):
    await build(session, now=clock(), staffed=False)
    return await links.create(session, "reservation", 7, secret=SECRET, now=clock())


async def test_the_token_opens_its_booking_and_is_not_stored(session, token):
    assert is_token(token)
    link = await links.open_link(session, token)
    assert (link.subject, link.subject_id, link.mailed) == ("reservation", 7, False)
    assert link.token_hash == token_hash(token)
    assert link.token(SECRET) == token
    for column in Link.__table__.columns:
        assert token not in str(getattr(link, column.name))


async def test_the_mailed_link_is_another_one_that_can_be_sent_again(session, token):
    link = await links.to_mail(session, "reservation", 7)
    assert link.mailed
    assert link.token(SECRET) != token
    assert (await links.open_link(session, link.token(SECRET))).id == link.id
    shown = await links.to_show_again(session, "reservation", 7)
    assert shown.token(SECRET) == token


async def test_whoever_guesses_cuts_or_changes_a_token_finds_nothing(session, token):
    link = await links.open_link(session, token)
    others = [
        "",
        "é" * 22,
        "\ud800",
        token[:-1],
        token + "1",
        token[::-1],
        token.swapcase(),
        link.token(b"another secret"),
    ]
    for other in others:
        with pytest.raises(NotFound):
            await links.open_link(session, other)


async def test_a_revoked_link_opens_nothing_and_is_mailed_no_more(session, token, clock):
    for link in await session.scalars(select(Link)):
        link.revoked_at = clock()
    await session.flush()
    with pytest.raises(NotFound):
        await links.open_link(session, token)
    with pytest.raises(NotFound):
        await links.to_mail(session, "reservation", 7)
    with pytest.raises(NotFound):
        await links.to_show_again(session, "reservation", 7)


async def test_a_higher_version_makes_the_tokens_before_worthless(session, token):
    link = await links.open_link(session, token)
    link.version = 2
    link.token_hash = token_hash(link.token(SECRET))
    await session.flush()
    with pytest.raises(NotFound):
        await links.open_link(session, token)
    assert (await links.open_link(session, link.token(SECRET))).id == link.id


async def test_the_links_of_another_booking_are_not_these(session, token, clock):
    other = await links.create(session, "reservation", 8, secret=SECRET, now=clock())
    assert (await links.open_link(session, other)).subject_id == 8
    for subject, number in (("appointment", 7), ("reservation", 9)):
        with pytest.raises(NotFound):
            await links.to_mail(session, subject, number)


def test_a_link_outlives_its_booking_by_thirty_days(clock):
    links.check_alive(None, clock())
    links.check_alive(clock() - timedelta(days=30), clock())
    with pytest.raises(Gone) as refusal:
        links.check_alive(clock() - timedelta(days=30, seconds=1), clock())
    assert refusal.value.status == 410
