"""What can be booked, and when: services, and the starts that are free."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import diaries
from booking.availability import Person, Question, Why
from booking.diaries import Look
from kit.errors import FieldError, Invalid, NotFound
from kit.intervals import Period
from kit.languages import Translated, lazy
from stores import services
from stores.places import Store
from stores.services import Service
from web.api import answers, bodies
from web.api.calls import Calls, about
from web.api.replies import FRESH, VERSION, catalogue_reply, cursor_after, read_cursor
from web.api.stores import at, known_store
from web.routing import ANYONE

calls = Calls()

MOST_DAYS = 62


@calls.get(f"{VERSION}/services", allow=ANYONE, name="api_services")
@about(
    lazy("What an advisor can be booked for"),
    answers.ServiceList,
    query=bodies.ServicesQuery,
    refusals=((404, "not_found"), (422, "cursor"), (422, "invalid")),
)
async def list_services(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.ServicesQuery, request)
    store = known_store(request, asked.store) if asked.store else None
    after = read_cursor(asked.cursor, int, int)
    found = [
        one
        for one in await services.offered(session, store_id=store.id if store else None)
        if after is None or [one.position, one.id] > after
    ]
    page = found[: asked.limit]
    more = cursor_after(page[-1].position, page[-1].id) if len(found) > len(page) else None
    items = [_service(request, one) for one in page]
    return catalogue_reply(request, answers.ServiceList(items=items, next=more))


def _service(request: Request, service: Service) -> answers.Service:
    house = request.app.state.house
    given = [house.store_by_id(one.store_id) for one in service.stores if one.active]
    return answers.Service(
        slug=service.slug,
        name=service.name.text(),
        need=service.need.text(),
        about=service.about.text(),
        duration_minutes=service.duration,
        max_party=service.max_party,
        lead_minutes=service.lead_minutes,
        horizon_days=service.horizon_days,
        move_until_minutes=service.move_minutes,
        cancel_until_minutes=service.cancel_minutes,
        needs_approval=service.needs_approval,
        bring=service.bring.text(),
        questions=[_question(one) for one in service.questions],
        stores=[store.slug for store in given if store is not None],
    )


def _question(said: dict[str, Any]) -> answers.Question:
    return answers.Question(
        key=said["key"],
        label=Translated.from_json(said["label"]).text(),
        example=Translated.from_json(said.get("example")).text(),
        required=bool(said.get("required")),
    )


class TooManyDays(Invalid):
    code = "too_many_days"
    msgid = lazy("Ask for at most %(n)d days, the last one not before the first.")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("to", self.code, self.msgid, {"n": MOST_DAYS})])


@calls.get(f"{VERSION}/slots", allow=ANYONE, name="api_slots")
@about(
    lazy("The free starts of a service in a store"),
    answers.SlotList,
    more=lazy(
        "`from` and `to` are days of the store, both included, or moments. A start is free for at least one of "
        "`advisors`. Where nothing is free, `why` says so and `next` is the first free start after, if there is one."
    ),
    query=bodies.SlotsQuery,
    refusals=((404, "not_found"), (422, "invalid"), (422, "too_many_days")),
)
async def slots(request: Request, session: AsyncSession) -> Response:
    asked = bodies.query(bodies.SlotsQuery, request)
    store = known_store(request, asked.store)
    service = await services.find(session, asked.service)
    first, last = _moment(store, asked.from_, last=False), _moment(store, asked.to, last=True)
    if last < first or last - first > timedelta(days=MOST_DAYS, hours=1):
        raise TooManyDays()
    look = await diaries.look(session, store, Period.of_days(first, last))
    advisor = _advisor(look, asked.advisor)
    question = Question(
        first,
        last,
        request.state.now,
        party=asked.party,
        advisor_id=advisor.id if advisor else None,
        language=asked.language,
    )
    offer = look.offer(service, question)
    found = offer.moments()
    said = answers.SlotList(
        items=[answers.Slot(start=_at(store, start), end=_at(store, start + service.length)) for start in found],
        advisors=[_person(person) for person in offer.people],
        timezone=store.timezone,
    )
    if not found:
        said.why = str(offer.why) if offer.why else None
        said.next = await _next(session, store, service, question, after=last, why=offer.why)
    return catalogue_reply(request, said, FRESH)


def _moment(store: Store, said: date | datetime, *, last: bool) -> datetime:
    """The beginning or the end of a day by the store's clock; a moment is itself."""
    if isinstance(said, datetime):
        return said
    day = said + timedelta(days=1) if last else said
    start = datetime.combine(day, time(), store.zone)
    return start - timedelta(seconds=1) if last else start


def _at(store: Store, moment: datetime) -> datetime:
    local = at(store, moment)
    assert local is not None
    return local


def _advisor(look: Look, slug: str) -> Person | None:
    """The one that was named, if she works in this store; `NotFound` otherwise."""
    if not slug:
        return None
    person = next((one for one in look.people if one.slug == slug and one.bookable), None)
    if person is None:
        raise NotFound()
    return person


def _person(person: Person) -> answers.Advisor:
    return answers.Advisor(slug=person.slug, name=person.name, languages=list(person.languages))


async def _next(
    session: AsyncSession, store: Store, service: Service, question: Question, *, after: datetime, why: Why | None
) -> answers.Slot | None:
    """The first free start after these days, up to the horizon of the service."""
    if why in (Why.NOT_HERE, Why.TOO_MANY, Why.TOO_FAR):
        return None
    offer = await diaries.first_free(session, store, service, question, after=max(after, question.now))
    start = next(iter(offer.moments()), None) if offer else None
    return answers.Slot(start=_at(store, start), end=_at(store, start + service.length)) if start else None
