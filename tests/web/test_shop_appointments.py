"""Léa's appointment on her private page: what it shows, moving and cancelling it, and what strangers cannot do."""

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
import sqlalchemy as sa
import vobject
from conftest import SECRET
from factories import advise, booked, put
from factories import lea as customer_lea

import booking.tables
from booking import invariants, links
from booking.appointments import asking, questions, receiving
from booking.appointments.asking import Brief
from booking.appointments.states import ItemState, Outcome, Status
from booking.appointments.tables import Appointment
from booking.messages import Message
from booking.tasks import Task
from kit import codes
from stores import catalogue

WEDNESDAY = datetime(2026, 11, 25, 13, 30, tzinfo=UTC)
"""Tomorrow, 14 h 30 in Paris."""


@pytest_asyncio.fixture
async def desk(database, world, clock):
    async with database.work() as session:
        return await advise(session, world, now=clock(), cancel_minutes=60, move_minutes=120)


@pytest_asyncio.fixture
async def hers(database, world, desk, clock) -> Appointment:
    """Léa will see Nadia tomorrow at 14 h 30 and brings a lamp in mind."""
    return await arranged(database, world, desk, clock)


async def arranged(database, world, desk, clock, start=WEDNESDAY, *, skus=("LUM-0001-LAI",), **over) -> Appointment:
    async with database.work() as session:
        variants = await catalogue.find_variants(session, list(skus))
        brief = Brief(items=[(variants[sku], 1) for sku in skus])
        over.setdefault("advisor", desk.nadia)
        return await booked(session, world, desk, start, now=clock(), brief=brief, **over)


async def token_of(database, appointment, *, mailed: bool = True) -> str:
    async with database.work(readonly=True) as session:
        query = sa.select(links.Link).where(
            links.Link.subject == "appointment", links.Link.subject_id == appointment.id, links.Link.mailed == mailed
        )
        return (await session.scalar(query)).token(SECRET.encode())


async def open_link(lea, database, appointment, *, mailed: bool = True) -> str:
    """Open the private link; returns the clean address."""
    answer = await lea.get(f"/fr/my/{await token_of(database, appointment, mailed=mailed)}")
    assert answer.status_code == 303
    return answer.headers["location"]


async def checksum(database) -> dict[str, str]:
    sums = {}
    async with database.work(readonly=True) as session:
        for table in sorted(table.__tablename__ for table in booking.tables.ALL):
            row = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t"
            sums[table] = await session.scalar(sa.text(row))
    return sums


async def now_at(database, appointment) -> Appointment:
    async with database.work(readonly=True) as session:
        assert await invariants.broken(session) == []
        return await questions.get(session, appointment.id)


def starts_of(html: str) -> list[str]:
    return re.findall(r'type="radio" name="start" value="([^"]+)"', html)


def plain(html: str) -> str:
    return html.replace("\u00a0", " ").replace("\u202f", " ")


def move_to(start: datetime, **over: str) -> dict[str, str]:
    return {"start": f"{start:%Y-%m-%dT%H:%MZ}", "version": "1", **over}


# The private link


async def test_both_addresses_lead_to_the_page_of_the_appointment(lea, database, hers):
    token = await token_of(database, hers)
    long, short = await lea.get(f"/en/my/{token}"), await lea.get(f"/r/{token}", headers={"accept-language": "en"})

    assert long.headers["location"] == f"/en/my/appointments/{hers.code}"
    assert short.headers["location"] == f"/fr/my/appointments/{hers.code}"
    page = await lea.get(short.headers["location"])
    assert page.status_code == 200
    for answer in (long, short, page):
        for name, value in (
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
        ):
            assert answer.headers[name] == value
    assert 'property="og:title" content="Aurore"' in page.text


async def test_her_page_says_when_with_whom_and_where_and_masks_her_address(lea, database, hers):
    html = plain((await lea.get(await open_link(lea, database, hers))).text)

    for said in ("demain à 14 h 30", "Mercredi 25 novembre", "14 h 30 à 15 h 15", "Nadia", "3ᵉ étage, Atelier lumière",
                 "52 rue de Rivoli", "une photo et les dimensions", "Lampe Oscar", "129,00 €",
                 codes.show_code(hers.code), "l…a@exemple.fr"):  # fmt: skip
        assert said in html, said
    assert "lea@exemple.fr" not in html
    assert "Martin" not in html


async def test_the_page_of_another_code_is_not_found(lea, world, database, desk, clock, hers):
    other = await arranged(
        database, world, desk, clock, WEDNESDAY + timedelta(hours=2), customer=customer_lea(email="marc@exemple.fr")
    )
    await open_link(lea, database, other)
    before = await checksum(database)

    for code in (hers.code, "ZZZZZZZZ", "nonsense"):
        for page in ("", "/sent", "/move", "/cancel", "/appointment.ics"):
            answer = await lea.get(f"/fr/my/appointments/{code}{page}")
            assert answer.status_code == 404, page
            assert 'href="/fr/find"' in answer.text
        for page in ("/move", "/cancel"):
            answer = await lea.post(f"/fr/my/appointments/{code}{page}", data=move_to(WEDNESDAY + timedelta(days=1)))
            assert answer.status_code == 404, page
    assert await checksum(database) == before


@pytest.mark.parametrize(("subject", "status"), [("reservation", 404), ("appointment", 200)])
async def test_a_browser_that_opened_the_reservation_of_the_same_number_sees_no_appointment(
    lea, database, hers, clock, subject, status
):
    opened = codes.seal(SECRET.encode(), f"{subject}:{hers.id}:1", until=clock() + timedelta(minutes=30))
    lea.cookies.set("vitrine-my", opened)
    assert (await lea.get(f"/fr/my/appointments/{hers.code}")).status_code == status


async def test_a_forged_link_looks_like_that_of_a_reservation(lea, database, hers):
    token = await token_of(database, hers)
    forged = token[:-1] + ("1" if token[-1] != "1" else "2")
    answer = await lea.get(f"/fr/my/{forged}")

    assert answer.status_code == 404
    assert "set-cookie" not in answer.headers


async def test_looking_changes_nothing(lea, database, hers):
    token, page = await token_of(database, hers), f"/fr/my/appointments/{hers.code}"
    await open_link(lea, database, hers)
    before = await checksum(database)
    for method in ("GET", "HEAD"):
        for address in (f"/fr/my/{token}", f"/r/{token}", page, f"{page}/sent", f"{page}/move", f"{page}/cancel",
                        f"{page}/appointment.ics", f"{page}/move?week=2026-11-30&advisor=any"):  # fmt: skip
            answer = await lea.request(method, address, headers={"purpose": "prefetch"})
            assert answer.status_code in (200, 303), address
    assert await checksum(database) == before


async def test_thirty_days_after_its_end_the_page_is_gone(lea, database, hers, clock):
    page = await open_link(lea, database, hers)
    await lea.post(f"{page}/cancel")
    token = await token_of(database, hers)
    clock.forward(days=29)
    assert (await lea.get(f"/fr/my/{token}")).status_code == 303
    clock.forward(days=2)
    for address in (f"/fr/my/{token}", page):
        answer = await lea.get(address)
        assert answer.status_code in (404, 410)
    gone = await lea.get(f"/fr/my/{token}")
    assert gone.status_code == 410
    assert "Ce rendez-vous est passé" in gone.text
    assert hers.code not in gone.text


async def test_what_nobody_settled_is_gone_a_month_after_its_time_too(lea, database, hers, clock):
    token = await token_of(database, hers)
    clock.to(WEDNESDAY + timedelta(days=29))
    assert (await lea.get(f"/fr/my/{token}")).status_code == 303
    clock.to(WEDNESDAY + timedelta(days=31))
    assert (await lea.get(f"/fr/my/{token}")).status_code == 410


# Just booked


async def test_after_booking_the_page_has_all_that_one_needs_to_come(lea, database, hers):
    html = plain((await lea.get(f"{await open_link(lea, database, hers)}/sent")).text)

    for said in ("Votre rendez-vous est confirmé", codes.show_code(hers.code), "Nadia", "conseil luminaires",
                 "3ᵉ étage, Atelier lumière", "entrée rue de Rivoli", "une photo et les dimensions",
                 "De côté pour vous jusqu’à la fin du rendez-vous", "Gérer mon rendez-vous", "Déplacer mon rendez-vous",
                 "Annuler mon rendez-vous", "Gratuit"):  # fmt: skip
        assert said in html, said


async def test_a_request_says_that_the_store_answers(lea, world, database, desk, clock):
    asked = await arranged(
        database, world, desk, clock, datetime(2026, 11, 26, 14, tzinfo=UTC), service=desk.kitchen, advisor=None
    )
    html = plain((await lea.get(f"{await open_link(lea, database, asked)}/sent")).text)

    assert "Votre demande est bien enregistrée" in html
    assert "Aurore Rivoli vous répond" in html
    assert "L’îlot, au fond à gauche. Accès sans marche." in html
    assert "confirmé" not in re.search(r"<h1.*?</h1>", html)[0]


async def test_each_article_says_where_it_stands_for_her(lea, world, database, desk, clock):
    skus = ("LUM-0001-LAI", "LUM-0013-30", "MEU-0001")
    async with database.work() as session:
        await session.execute(
            sa.text("update store_stock set unsellable = book where variant_id = :v"), {"v": world.shade.id}
        )
    made = await arranged(database, world, desk, clock, skus=skus)
    html = plain((await lea.get(await open_link(lea, database, made))).text)

    lamp, shade, sofa = re.findall(
        r"<li.*?</li>", re.search(r'<ul class="goods".*?</ul>', html, re.DOTALL)[0], re.DOTALL
    )
    assert "De côté pour vous jusqu’à la fin du rendez-vous" in lamp
    assert "Pas au magasin pour le moment : nous cherchons une alternative pour vous" in shade
    assert "À voir en magasin" in sofa


async def test_a_mail_that_came_back_is_said(lea, database, hers):
    page = await open_link(lea, database, hers)
    assert "Notre message nous est revenu" not in (await lea.get(f"{page}/sent")).text
    async with database.work() as session:
        await session.execute(sa.update(Message).where(Message.recipient == "shopper").values(state="dead"))
    assert "Notre message nous est revenu" in (await lea.get(f"{page}/sent")).text


async def test_the_file_for_her_calendar_equals_the_row_and_its_link_opens_the_page(
    lea, app, database, hers, browser_of
):
    answer = await lea.get(f"{await open_link(lea, database, hers)}/appointment.ics")

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{codes.show_code(hers.code)}.ics"'
    assert answer.headers["cache-control"] == "no-store"
    event = vobject.readOne(answer.text).vevent
    assert event.uid.value == f"{hers.uid}@vitrine.test"
    assert (event.dtstart.value, event.dtend.value) == (hers.starts_at, hers.ends_at)
    assert int(event.sequence.value) == hers.version
    assert event.organizer.value == "mailto:boutique@vitrine.example"
    assert event.valarm.trigger.value == timedelta(days=-1)
    assert "Nadia" in event.summary.value
    for private in ("Léa", "Martin", "lea@"):
        assert private not in answer.text
    async with browser_of(app) as elsewhere:
        opened = await elsewhere.get(event.url.value.removeprefix("http://vitrine.test"))
        assert opened.headers["location"] == f"/fr/my/appointments/{hers.code}"


# Moving


async def test_the_page_of_a_move_shows_the_present_time_and_the_other_free_ones(
    lea, world, database, desk, clock, hers
):
    await arranged(
        database, world, desk, clock, WEDNESDAY + timedelta(hours=3), customer=customer_lea(email="marc@exemple.fr")
    )
    page = await open_link(lea, database, hers)
    html = (await lea.get(f"{page}/move")).text

    assert "mercredi 25 novembre, de 14 h 30 à 15 h 15" in plain(html)
    starts = starts_of(html)
    assert "2026-11-25T14:00Z" in starts, "half an hour later, over her own time"
    assert "2026-11-25T13:30Z" not in starts, "her present time"
    assert "2026-11-25T16:30Z" not in starts, "Nadia has somebody else"
    assert "2026-11-25T16:00Z" not in starts, "it would run into somebody else"
    everyone = starts_of((await lea.get(f"{page}/move?advisor=any")).text)
    assert "2026-11-25T16:30Z" in everyone, "Karim is free"
    legends = re.findall(r'<legend><span class="vh">(.*?)</span>', html)
    assert legends[0] == "mardi 24 novembre, après-midi"
    assert "mercredi 25 novembre, matin" in legends


async def test_other_weeks_are_links_and_a_week_without_times_says_why(lea, database, hers):
    page = await open_link(lea, database, hers)
    html = (await lea.get(f"{page}/move?week=2026-11-30")).text
    assert {start[:10] for start in starts_of(html)} == {
        f"2026-{day}" for day in ("11-30", "12-01", "12-02", "12-03", "12-04", "12-05")
    }
    assert f"{page}/move?week=2026-12-07" in html
    async with database.work() as session:
        await session.execute(
            sa.text("update shift set cancelled = true where day between '2026-11-30' and '2026-12-06'")
        )
        await session.execute(sa.text("update resource set revision = revision + 1"))
    empty = plain((await lea.get(f"{page}/move?week=2026-11-30")).text)
    assert starts_of(empty) == []
    assert "lundi 7 décembre à 10 h 30" in empty
    assert f"{page}/move?week=2026-12-07" in empty
    beyond = await lea.get(f"{page}/move?week=2031-01-01")
    past = await lea.get(f"{page}/move?week=1999-01-01")
    assert (beyond.status_code, past.status_code) == (200, 200)
    assert starts_of(past.text)


async def test_htmx_gets_only_the_list_of_times(lea, database, hers):
    page = await open_link(lea, database, hers)
    answer = await lea.get(f"{page}/move?week=2026-11-30", headers={"hx-request": "true"})
    assert answer.text.lstrip().startswith('<div class="block" id="starts">')
    assert "<html" not in answer.text


@pytest.mark.parametrize("mailed", [True, False])
async def test_either_link_moves_it(lea, database, hers, mailed):
    page = await open_link(lea, database, hers, mailed=mailed)
    answer = await lea.post(f"{page}/move", data=move_to(WEDNESDAY + timedelta(minutes=30)))

    assert answer.headers["location"] == f"{page}?notice=appointment_moved"
    moved = await now_at(database, hers)
    assert (moved.starts_at, moved.advisor_id, moved.version) == (WEDNESDAY + timedelta(minutes=30), hers.advisor_id, 2)
    html = plain((await lea.get(answer.headers["location"])).text)
    assert "Votre rendez-vous est déplacé" in html
    assert "Nadia vous attend demain à 15 h." in html
    assert "Vous l’avez déplacé : demain à 15 h, au lieu de demain à 14 h 30" in html
    async with database.work(readonly=True) as session:
        waiting = sa.select(Message.template).where(Message.recipient == "shopper", Message.state == "pending")
        assert sorted(await session.scalars(waiting)) == ["appointment_moved", "appointment_reminder"]


async def test_pressed_twice_is_one_move(lea, database, hers):
    page = await open_link(lea, database, hers)
    form = move_to(WEDNESDAY + timedelta(hours=1))
    first, second = await lea.post(f"{page}/move", data=form), await lea.post(f"{page}/move", data=form)

    assert first.headers["location"] == second.headers["location"]
    assert (await now_at(database, hers)).version == 2


async def test_pressed_twice_at_once_is_one_move(lea, app, database, hers):
    page = await open_link(lea, database, hers)
    form = move_to(WEDNESDAY + timedelta(hours=1))
    answers = await asyncio.gather(*(lea.post(f"{page}/move", data=form) for _ in range(6)))

    assert {answer.status_code for answer in answers} == {303}
    assert (await now_at(database, hers)).version == 2


async def test_a_time_just_taken_keeps_the_old_one_and_names_the_nearest(lea, world, database, desk, clock, hers):
    page = await open_link(lea, database, hers)
    wanted = WEDNESDAY + timedelta(hours=2)
    assert "2026-11-25T15:30Z" in starts_of((await lea.get(f"{page}/move")).text)
    await arranged(database, world, desk, clock, wanted, customer=customer_lea(email="marc@exemple.fr"))
    before = await checksum(database)

    answer = await lea.post(f"{page}/move", data=move_to(wanted))

    assert answer.status_code == 409
    assert await checksum(database) == before
    html = plain(answer.text)
    notice = re.search(
        r'<div class="notice warn" id="error-summary" tabindex="-1" autofocus.*?</form>', html, re.DOTALL
    )[0]
    assert "vient d’être pris" in notice
    assert "votre rendez-vous reste demain à 14 h 30" in notice
    assert re.search(r"<title>Erreur", html)
    nearest = re.findall(r'<button class="button line" name="start" value="([^"]+)"', notice)
    assert len(nearest) >= 2
    assert "2026-11-25T15:30Z" not in nearest
    done = await lea.post(f"{page}/move", data={"start": nearest[0], "version": "1"})
    assert done.status_code == 303
    assert f"{(await now_at(database, hers)).starts_at:%Y-%m-%dT%H:%MZ}" == nearest[0]


@pytest.mark.parametrize(
    "start",
    ["2026-11-25T13:35Z", "2026-11-29T10:00Z", "2026-11-25T22:00Z", "2026-11-24T12:30Z", "2028-01-05T10:00Z", "",
     "soon", "2026-11-25T13:30", "99999-11-25T13:30Z"],
)  # fmt: skip
async def test_a_time_that_is_not_on_offer_is_refused_and_nothing_changes(lea, database, hers, start):
    page = await open_link(lea, database, hers)
    before = await checksum(database)
    answer = await lea.post(f"{page}/move", data={"start": start, "version": "1"})

    assert answer.status_code == 422
    assert 'id="error-summary"' in answer.text
    assert starts_of(answer.text)
    assert await checksum(database) == before


async def test_the_same_advisor_stays_unless_everyone_is_asked(lea, world, database, desk, clock, hers):
    page = await open_link(lea, database, hers)
    busy = WEDNESDAY + timedelta(hours=2)
    await arranged(database, world, desk, clock, busy, customer=customer_lea(email="marc@exemple.fr"))
    assert (await lea.post(f"{page}/move", data=move_to(busy))).status_code == 409
    assert (await lea.post(f"{page}/move", data=move_to(busy, advisor="any"))).status_code == 303

    moved = await now_at(database, hers)
    assert (moved.starts_at, moved.advisor_id) == (busy, desk.karim.id)


async def test_a_form_from_before_another_move_changes_nothing(lea, database, hers):
    page = await open_link(lea, database, hers)
    await lea.post(f"{page}/move", data=move_to(WEDNESDAY + timedelta(hours=1)))
    before = await checksum(database)
    answer = await lea.post(f"{page}/move", data=move_to(WEDNESDAY + timedelta(hours=3)))

    assert answer.status_code == 409
    assert await checksum(database) == before
    assert 'name="version" value="2"' in answer.text
    assert "demain à 15 h 30" in plain(answer.text)


async def test_after_the_cut_off_the_store_is_to_be_called(lea, database, hers, clock):
    page = await open_link(lea, database, hers)
    clock.to(WEDNESDAY - timedelta(minutes=120))
    page = await open_link(lea, database, hers)
    html = plain((await lea.get(page)).text)

    assert "Il est trop tard pour le déplacer en ligne : appelez le 01 99 00 12 34." in html
    assert f'href="{page}/move"' not in html
    assert f'href="{page}/cancel"' in html
    assert (await lea.get(f"{page}/move")).headers["location"] == page
    before = await checksum(database)
    answer = await lea.post(f"{page}/move", data=move_to(WEDNESDAY + timedelta(hours=1)))
    assert answer.status_code == 409
    assert "Il est trop tard" in answer.text
    assert await checksum(database) == before

    clock.to(WEDNESDAY - timedelta(minutes=60))
    page = await open_link(lea, database, hers)
    html = plain((await lea.get(page)).text)
    assert "Il est trop tard pour le déplacer ou l’annuler en ligne" in html
    assert f'href="{page}/cancel"' not in html
    assert (await lea.get(f"{page}/cancel")).headers["location"] == page
    answer = await lea.post(f"{page}/cancel")
    assert answer.status_code == 409
    assert await checksum(database) == before


# Cancelling


@pytest.mark.parametrize("mailed", [True, False])
async def test_cancelling_asks_first_and_frees_time_and_articles(lea, world, database, hers, mailed):
    page = await open_link(lea, database, hers, mailed=mailed)
    asks = plain((await lea.get(f"{page}/cancel")).text)
    assert "Annuler ce rendez-vous ?" in asks
    assert "C’est gratuit et sans justification." in asks
    assert re.search(
        r'<button class="button line">Oui, annuler</button>\s*<a class="button line" href="[^"]+">Le garder</a>', asks
    )
    assert (await now_at(database, hers)).status == Status.CONFIRMED

    for _ in range(2):
        assert (await lea.post(f"{page}/cancel")).headers["location"] == page
    cancelled = await now_at(database, hers)
    assert (cancelled.status, cancelled.version) == (Status.CANCELLED, 2)
    assert [item.held for item in cancelled.items] == [0]
    async with database.work(readonly=True) as session:
        assert await session.scalar(sa.text("select count(*) from block")) == 0
        assert await session.scalar(sa.text("select sum(reserved) from store_stock")) == 0
    html = plain((await lea.get(page)).text)
    assert "Votre rendez-vous est annulé" in html
    assert "Vous l’avez annulé" in html
    assert f"{page}/cancel" not in html
    again = re.search(r'<a class="button" href="([^"]+)">Prendre un autre rendez-vous', html)[1].replace("&amp;", "&")
    assert again.startswith("/fr/appointments/new/time?service=choisir-un-luminaire&store=rivoli&advisor=nadia")
    assert "sku=LUM-0001-LAI" in again


async def test_what_has_begun_cannot_be_cancelled_or_moved(lea, database, hers, clock):
    clock.to(WEDNESDAY)
    async with database.work() as session:
        loaded = await questions.get(session, hers.id)
        await receiving.begin(session, loaded, by="Nadia", now=clock())
    page = await open_link(lea, database, hers)
    before = await checksum(database)

    for step in ("cancel", "move"):
        answer = await lea.post(f"{page}/{step}", data=move_to(WEDNESDAY + timedelta(days=1)))
        assert answer.status_code == 409
        assert codes.show_code(hers.code) in answer.text
    assert await checksum(database) == before


async def test_another_site_can_neither_move_nor_cancel(lea, database, hers):
    page = await open_link(lea, database, hers)
    before = await checksum(database)
    for step in ("cancel", "move"):
        answer = await lea.post(
            f"{page}/{step}", data=move_to(WEDNESDAY + timedelta(hours=1)), headers={"sec-fetch-site": "cross-site"}
        )
        assert answer.status_code == 403
    assert await checksum(database) == before


async def test_cancelled_by_the_store_the_page_offers_three_starts_of_the_same_advisor(
    lea, world, database, desk, clock, hers
):
    async with database.work() as session:
        loaded = await questions.get(session, hers.id)
        await asking.cancel(session, loaded, by="Hélène", reason="Nadia est souffrante", now=clock())
    page = await open_link(lea, database, hers)
    html = plain((await lea.get(page)).text)

    assert "Le magasin a dû annuler votre rendez-vous" in html
    assert "souffrante" not in html
    links_ = [link.replace("&amp;", "&") for link in re.findall(r'<a class="button line wide" href="([^"]+)"', html)]
    assert len(links_) == 3
    for link in links_:
        assert link.startswith(
            "/fr/appointments/new/details?service=choisir-un-luminaire&store=rivoli&advisor=nadia&start=2026-11-25T1"
        )
    assert "Demain à 14 h 30, avec Nadia" in html


# After the visit


async def ended(database, hers, clock, outcome=Outcome.BOUGHT, *, liked=True) -> None:
    clock.to(WEDNESDAY + timedelta(minutes=40))
    async with database.work() as session:
        loaded = await questions.get(session, hers.id)
        await receiving.begin(session, loaded, by="Nadia", now=clock())
        for item in loaded.items:
            item.state = ItemState.LIKED if liked else ItemState.REFUSED
        await receiving.complete(session, loaded, outcome=outcome, reason="trop cher", by="Nadia", now=clock())


async def test_what_came_of_it_stays_with_the_store_but_what_she_liked_can_be_reserved(lea, database, hers, clock):
    await ended(database, hers, clock, Outcome.NOTHING)
    html = plain((await lea.get(await open_link(lea, database, hers))).text)

    assert "Votre rendez-vous a eu lieu" in html
    for private in ("trop cher", "rien trouvé", "nothing"):
        assert private not in html
    reserve = re.search(r'<a class="button" href="([^"]+)">Réserver ce que vous avez aimé', html)[1].replace(
        "&amp;", "&"
    )
    assert reserve == "/fr/reserve?sku=LUM-0001-LAI&quantity=1&store=rivoli"
    assert (await lea.get(reserve)).status_code == 200


async def test_what_was_not_for_her_is_not_listed(lea, database, hers, clock):
    await ended(database, hers, clock, liked=False)
    html = (await lea.get(await open_link(lea, database, hers))).text
    assert "Lampe Oscar" not in html
    assert "/reserve?" not in html


async def test_who_did_not_come_is_not_scolded(lea, database, hers, clock):
    clock.to(WEDNESDAY + timedelta(minutes=40))
    async with database.work() as session:
        await receiving.no_show(session, await questions.get(session, hers.id), by="Nadia", now=clock())
    html = plain((await lea.get(await open_link(lea, database, hers))).text)
    assert "L’heure de votre rendez-vous est passée" in html
    assert "absent" not in html.lower()
    assert "Prendre un autre rendez-vous" in html


async def test_suggestions_and_notes_of_staff_are_not_on_her_page(lea, world, database, hers):
    async with database.work() as session:
        loaded = await questions.get(session, hers.id)
        await put(session, world.lyon, world.shade, 1, now=hers.booked_at)
        session.add(
            booking.tables.Item(
                appointment_id=loaded.id,
                variant_id=world.shade.id,
                state="suggested",
                added_by="Inès",
                price_minor=3500,
            )
        )
        session.add(
            booking.tables.Note(appointment_id=loaded.id, text="Préfère le laiton", by="Inès", at=hers.booked_at)
        )
    html = (await lea.get(await open_link(lea, database, hers))).text
    assert "Abat-jour" not in html
    assert "Préfère" not in html


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_state_has_its_page_in_both_languages(lea, database, hers, clock, status, language):
    over = status in ("completed", "declined", "cancelled", "no_show")
    async with database.work() as session:
        await session.execute(sa.update(Appointment).values(status=status, ended_at=clock() if over else None))
    page = (await open_link(lea, database, hers)).replace("/fr/", f"/{language}/")
    for step in ("", "/sent", "/move", "/cancel", "/appointment.ics"):
        answer = await lea.get(page + step)
        assert answer.status_code in ((200,) if step in ("", "/appointment.ics") else (200, 303)), step
        if answer.status_code == 303:
            assert answer.headers["location"] == page
        elif not step.endswith(".ics"):
            assert answer.text.count("<h1") == 1
            assert codes.show_code(hers.code) in answer.text
            assert not re.search(r"\b(panier|commande|basket|order|checkout|créneau)\b", answer.text, re.IGNORECASE)


async def test_overseas_the_clock_of_the_store_is_named(lea, database, hers):
    async with database.work() as session:
        await session.execute(sa.text("update store set timezone = 'Indian/Reunion' where slug = 'rivoli'"))
    page = await open_link(lea, database, hers)
    assert "17 h 30 à 18 h 15 (heure de La Réunion)" in plain((await lea.get(page)).text)
    assert "heure de La Réunion" in plain((await lea.get(f"{page}/move")).text)


async def test_a_name_that_is_code_is_shown_as_words(lea, database, desk, hers):
    async with database.work() as session:
        await session.execute(sa.text("update advisor set name = '<img src=x onerror=alert(1)>'"))
    page = await open_link(lea, database, hers)
    for step in ("", "/sent", "/move", "/cancel"):
        html = (await lea.get(page + step)).text
        assert "<img src=x" not in html, step


# A lost link


async def find(lea, code: str, contact: str):
    return await lea.post("/fr/find", data={"code": code, "contact": contact})


async def test_a_lost_link_to_an_appointment_is_sent_again_and_the_answer_tells_nothing(lea, database, hers):
    assert "Retrouver une réservation ou un rendez-vous" in (await lea.get("/fr/find")).text
    hit = await find(lea, codes.show_code(hers.code).lower(), "LEA@exemple.fr")
    misses = [await find(lea, hers.code, "marc@exemple.fr"), await find(lea, "ZZZZ-ZZZZ", "lea@exemple.fr")]

    assert {answer.text for answer in misses} == {hit.text}
    assert "set-cookie" not in hit.headers
    async with database.work(readonly=True) as session:
        (message,) = await session.scalars(sa.select(Message).where(Message.template == "find"))
    assert (message.subject, message.subject_id, message.language) == ("appointment", hers.id, "fr")


async def test_who_left_only_a_number_is_called(lea, world, database, desk, clock):
    customer = customer_lea(email="", phone="+33639980123", contact="sms")
    made = await arranged(database, world, desk, clock, customer=customer)
    await find(lea, made.code, "06 39 98 01 23")

    async with database.work(readonly=True) as session:
        (task,) = await session.scalars(sa.select(Task).where(Task.about == "find"))
        assert await session.scalar(sa.select(sa.func.count()).where(Message.template == "find")) == 0
    assert (task.kind, task.appointment_id, task.reservation_id) == ("call", made.id, None)
