"""Times that staff arrange: a new appointment for somebody on the telephone, and moving one that stands.

Moving by form and by hand is one thing: a block that is dragged sends the form's own fields to the form's own address.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from wtforms import EmailField, SelectField, StringField, TelField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice

from booking import clients, customers, submissions
from booking.appointments import asking, questions
from booking.appointments.asking import Brief, Overlaps, own_of
from booking.appointments.placing import SlotTaken
from booking.appointments.states import AHEAD, MovedOn, Status
from booking.appointments.tables import Appointment
from kit import codes, languages
from kit.codes import read_code, show_code
from kit.errors import Invalid, NotFound, Refused
from kit.languages import gettext, lazy
from stores import advisors, places, services
from stores.places import Store
from stores.services import Service
from web import pages, views
from web.appointment_words import TONES, status_words
from web.forms import LocalizedForm
from web.routing import Routes, staff
from web.staff import frame
from web.staff.agenda import AGENDA, day_in
from web.staff.appointment import read
from web.staff.starts import (
    ANYONE,
    Chosen,
    advisor_of,
    nothing_words,
    offer_of,
    place_of,
    read_place,
    read_reason,
    read_start,
    read_wall,
    space_for,
    times_of,
    why_not,
)
from web.staff.typed import Typed, typed_in, units
from web.words import language_words

routes = Routes(refuse=frame.refuse)

ORIGINS = ("phone", "store")


class ClientForm(LocalizedForm):
    """Who comes, and when. What is wrong with it is said by the use-cases, so nothing is validated here."""

    place = StringField(lazy("Time"), [validators.InputRequired()])
    other_day = StringField(lazy("Day"), [validators.InputRequired()])
    other_time = StringField(lazy("Time"), [validators.InputRequired()])
    reason = StringField(lazy("Why outside the rules"), [validators.InputRequired()])
    first_name = StringField(lazy("First name"), [validators.InputRequired()])
    last_name = StringField(lazy("Last name"), [validators.InputRequired()])
    phone = TelField(lazy("Telephone"))
    email = EmailField(lazy("Email address"))
    language = SelectField(lazy("The shopper reads"), [validators.InputRequired()])
    party = SelectField(lazy("How many people"), [validators.InputRequired()])
    origin = SelectField(lazy("Where the shopper asked"), [validators.InputRequired()])
    note = TextAreaField(lazy("What the shopper said"))

    def __init__(self, *args: Any, store: Store, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(code, language_words(code)) for code in languages.LANGUAGES]
        self.language.data = self.language.data if self.language.data in languages.LANGUAGES else store.language
        self.party.choices = [SelectChoice(str(n), str(n)) for n in range(1, service.max_party + 1)]
        self.origin.choices = [
            SelectChoice("phone", gettext("By telephone")),
            SelectChoice("store", gettext("In the store")),
        ]

    def customer(self, *, region: str) -> customers.Customer:
        """Raises `Invalid` for what needs correcting. A mobile number alone is written to, another one is called."""
        phone = self.phone.data or ""
        contact = "email" if self.email.data else "phone"
        try:
            if contact == "phone" and customers.is_mobile(customers.read_phone(phone, region)):
                contact = "sms"
        except ValueError:
            contact = ""  # said below, beside the field
        return customers.customer(
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            email=self.email.data or "",
            phone=phone,
            language=self.language.data or "",
            contact=contact,
            note=self.note.data or "",
            region=region,
        )

    def take_customer(self, *, region: str) -> None:
        """Put what is wrong with the person beside the fields."""
        try:
            self.customer(region=region)
        except Invalid as invalid:
            self.take(invalid)


# A new one


@routes.get(AGENDA + "/new", allow=staff("appointment.manage"), name="staff_new_appointment")
async def new(request: Request, session: AsyncSession) -> Response:
    """What for and on which day first; then the free starts and who comes, on one page."""
    query = request.query_params
    store = frame.one_store(request)
    if store is None:
        raise NotFound()
    offered = await services.offered(session, store_id=store.id)
    service = next((one for one in offered if one.slug == query.get("service")), None)
    start = read_start(query.get("start", ""))
    day = store.local(start).date() if start else day_in(query.get("day", ""), store.local(request.state.now).date())
    typed = dict(query)
    if service is None:
        return _new_page(request, store, typed, {"offered": offered, "service": None, "day": day, "form": None})
    form = ClientForm(store=store, service=service)
    await _same_person(request, session, form, query.get("code", ""))
    if start:
        form.place.data = place_of(start, query.get("advisor") or ANYONE)
    return await _new_form(request, session, store, service, day, form, typed)


async def _same_person(request: Request, session: AsyncSession, form: ClientForm, code: str) -> None:
    """Begin with whoever made that booking: nothing is asked twice, and no name stands in an address."""
    known = read_code(code)
    if known is None:
        return
    try:
        first = (await clients.find(session, known, store_ids=frame.actor_of(request).store_ids)).first
    except NotFound:
        return
    form.first_name.data, form.last_name.data = first.first_name, first.last_name
    form.email.data, form.phone.data, form.language.data = first.email, first.phone, first.language


@routes.post(AGENDA + "/new", allow=staff("appointment.manage"))
async def book(request: Request, session: AsyncSession) -> Response:
    """Booked for her. A time outside the rules needs a reason; a time that somebody has is refused, always."""
    data = await request.form()
    typed = {name: value for name, value in data.items() if isinstance(value, str)}
    store = await places.find(session, typed.get("store", ""), store_ids=frame.actor_of(request).store_ids)
    service = await services.find(session, typed.get("service", ""))
    now: datetime = request.state.now
    day = day_in(typed.get("day", ""), store.local(now).date())
    form = ClientForm(data, store=store, service=service)
    key = typed["key"] if codes.is_token(typed.get("key", "")) else codes.new_token()
    scope = f"staff:{frame.actor_of(request).account_id}"
    body = {name: value for name, value in typed.items() if name != "key"}
    if answered := await submissions.begin(session, scope=scope, key=key, body=body, now=now):
        return pages.go(request, answered.answer["url"])
    chosen: Chosen | None = None
    try:
        chosen = await _chosen(session, store, typed)
        made = await _book(request, session, store, service, chosen, form, typed)
    except (Invalid, SlotTaken, Overlaps) as refused:
        if isinstance(refused, Invalid) and not _about_time(refused):
            form.take(refused)
            if chosen is None:  # all that is missing is said at once
                form.take_customer(region=store.country)
        else:
            words = refused.sentence
            if chosen is not None:
                minutes = service.duration
                words = await why_not(session, store, service, chosen, refused, minutes=minutes, now=now)
            form.place.errors = [*form.place.errors, words]
        nearest = refused.nearest if isinstance(refused, SlotTaken) else ()
        context = [(place_of(one.start, one.slug), _near_words(request, store, one)) for one in nearest]
        return await _new_form(
            request, session, store, service, day, form, typed, nearest=context, status=refused.status
        )
    url = views.address(request, "staff_appointment", code=show_code(made.code))
    await submissions.answer(session, scope=scope, key=key, answer={"url": url})
    return pages.go(request, url)


def _about_time(refused: Invalid) -> bool:
    return [error.field for error in refused.errors] == ["start"]


async def _chosen(session: AsyncSession, store: Store, typed: Typed) -> Chosen:
    """Raises `Invalid` where no time was chosen, `NotFound` for somebody of another store."""
    if typed.get("how") == "anyway":
        chosen = Chosen(read_wall(store, typed), typed.get("other_advisor", ""))
    else:
        chosen = read_place(typed.get("place", ""))
    if chosen.slug != ANYONE:
        await advisor_of(session, chosen.slug, store)
    return chosen


async def _book(
    request: Request,
    session: AsyncSession,
    store: Store,
    service: Service,
    chosen: Chosen,
    form: ClientForm,
    typed: Typed,
) -> Appointment:
    now, by = request.state.now, frame.actor_of(request).by
    secret = request.app.state.settings.secret
    who = form.customer(region=store.country)
    keys = [question["key"] for question in service.questions]
    brief = Brief(units(typed.get("party", ""), 1), {key: typed.get(f"answer_{key}", "") for key in keys})
    origin = typed.get("origin", "") if typed.get("origin") in ORIGINS else "phone"
    if typed.get("how") == "anyway":
        advisor = await advisor_of(session, chosen.slug, store)
        made = await asking.book_anyway(
            session,
            store,
            service,
            chosen.start,
            who,
            brief,
            advisor_id=advisor.id,
            space_id=await space_for(session, store, service, chosen.start, now=now, own=None),
            reason=read_reason(typed),
            secret=secret,
            now=now,
            origin=origin,
            by=by,
        )
        return made.appointment
    advisor_id = None if chosen.slug == ANYONE else (await advisor_of(session, chosen.slug, store)).id
    made = await asking.book(
        session,
        store,
        service,
        chosen.start,
        who,
        brief,
        secret=secret,
        now=now,
        advisor_id=advisor_id,
        origin=origin,
        by=by,
        limited=False,
        rules=False,
    )
    return made.appointment


def _near_words(request: Request, store: Store, near: Any) -> str:
    when = languages.moment_words(near.start, store.timezone, request.state.now)
    return gettext("%(when)s, %(advisor)s", when=languages.upper_first(when), advisor=near.advisor)


async def _new_form(
    request: Request,
    session: AsyncSession,
    store: Store,
    service: Service,
    day: date,
    form: ClientForm,
    typed: Typed,
    *,
    nearest: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> Response:
    now: datetime = request.state.now
    offer = await offer_of(session, store, service, day, now=now)
    chosen = form.place.data or (f"/{typed['advisor']}" if typed.get("advisor") else "")
    context = {
        "service": service,
        "offered": await services.offered(session, store_id=store.id),
        "day": day,
        "form": form,
        "times": times_of(offer, store, chosen=chosen),
        "nothing": nothing_words(offer),
        "who": await advisors.working_in(session, frozenset([store.id])),
        "chosen": chosen,
        "nearest": nearest or [],
        "anyway": typed.get("how") == "anyway",
        "key": codes.new_token(),
    }
    return _new_page(request, store, typed, context, status=status)


def _new_page(
    request: Request, store: Store, typed: Typed, context: Mapping[str, Any], *, status: int = 200
) -> Response:
    today = store.local(request.state.now).date()
    return frame.render(
        request,
        "staff/appointment_new.html",
        {
            "store": store,
            "today": today,
            "typed": typed,
            "day_words": languages.upper_first(languages.day_words(context["day"], today)),
            **context,
        },
        title=gettext("New appointment"),
        current="staff_agenda",
        status=status,
    )


# Moving one


MOVE = "/{language:language}/staff/appointments/{code}/move"


@routes.get(MOVE, allow=staff("appointment.manage"), name="staff_move_appointment")
async def move_page(request: Request, session: AsyncSession) -> Response:
    return await _move_form(request, session, await read(request, session), dict(request.query_params), {})


@routes.post(MOVE, allow=staff("appointment.manage"))
async def move(request: Request, session: AsyncSession) -> Response:
    """To another start, another colleague or both; a move that loses leaves everything as it was."""
    typed = await typed_in(request)
    one = await read(request, session)
    store, now = one.store, request.state.now
    chosen: Chosen | None = None
    try:
        if typed.get("version") and typed["version"] != str(one.version):
            raise MovedOn(Status(one.status))
        chosen = await _chosen(session, store, typed)
        await _move(request, session, one, chosen, typed)
    except Refused as refused:
        if not isinstance(refused, Invalid | SlotTaken | Overlaps | MovedOn):
            raise
        errors = await _move_errors(session, one, chosen, refused, typed, now=now)
        return await _move_form(request, session, one, typed, errors, refused=refused)
    return _moved(request, await questions.again(session, one), typed)


async def _move(request: Request, session: AsyncSession, one: Appointment, chosen: Chosen, typed: Typed) -> None:
    now, by, store = request.state.now, frame.actor_of(request).by, one.store
    if typed.get("how") == "anyway":
        await asking.move_anyway(
            session,
            one,
            chosen.start,
            advisor_id=(await advisor_of(session, chosen.slug, store)).id,
            space_id=await space_for(session, store, one.service, chosen.start, now=now, own=one),
            reason=read_reason(typed),
            by=by,
            now=now,
        )
        return
    who = asking.ANYONE if chosen.slug == ANYONE else (await advisor_of(session, chosen.slug, store)).id
    await asking.reschedule(session, one, chosen.start, advisor_id=who, by=by, now=now)


async def _move_errors(
    session: AsyncSession, one: Appointment, chosen: Chosen | None, refused: Refused, typed: Typed, *, now: datetime
) -> dict[str, str]:
    """Words by field; the conflict has a name."""
    if isinstance(refused, MovedOn):
        return {"place": refused.sentence}
    if chosen is None or (isinstance(refused, Invalid) and not _about_time(refused)):
        errors = refused.errors if isinstance(refused, Invalid) else []
        return {error.field: error.sentence for error in errors} or {"place": refused.sentence}
    minutes = int((one.ends_at - one.starts_at) / timedelta(minutes=1))
    space_id = one.space_id
    words = await why_not(
        session, one.store, one.service, chosen, refused, minutes=minutes, now=now, own=one, space_id=space_id
    )
    return {"other_time" if typed.get("how") == "anyway" else "place": words}


def _moved(request: Request, one: Appointment, typed: Typed) -> Response:
    """Back to where it was asked for: the work list, its own page, or the agenda of its new day."""
    code = show_code(one.code)
    if typed.get("back") == "conflicts":
        return pages.to(request, "staff_conflicts", notice="moved")
    if typed.get("back") == "appointment":
        return pages.to(request, "staff_appointment", code=code, notice="moved")
    day = one.store.local(one.starts_at).date().isoformat()
    query = {"store": one.store.slug, "day": day, "notice": "moved"}
    return pages.go(request, f"{views.address(request, 'staff_agenda', query)}#a-{code}")


async def _move_form(
    request: Request,
    session: AsyncSession,
    one: Appointment,
    typed: Typed,
    errors: Mapping[str, str],
    *,
    refused: Refused | None = None,
) -> Response:
    store, now = one.store, request.state.now
    today = store.local(now).date()
    start = read_start(typed.get("place", "").partition("/")[0]) or one.starts_at
    named = typed.get("day") or typed.get("other_day") or store.local(start).date().isoformat()
    day = day_in(named, today)
    slug = one.advisor.slug if one.advisor else ANYONE
    chosen = typed.get("place") or place_of(one.starts_at, slug)
    ahead = one.status in AHEAD
    offer = await offer_of(session, store, one.service, day, now=now, party=one.party, own=own_of(one))
    nearest = refused.nearest if isinstance(refused, SlotTaken) else ()
    colleagues = [p for p in offer.free_at(one.starts_at) if p.id != one.advisor_id] if ahead else []
    return frame.render(
        request,
        "staff/move.html",
        {
            "one": one,
            "store": store,
            "code": show_code(one.code),
            "who": frame.short_name(one.first_name, one.last_name),
            "state": status_words(one.status),
            "tone": TONES[one.status],
            "when": languages.upper_first(languages.moment_words(one.starts_at, store.timezone, now)),
            "until": languages.time_words(store.local(one.ends_at)),
            "ahead": ahead,
            "may_go_on": one.status in (Status.ARRIVED, Status.IN_PROGRESS),
            "today": today,
            "day": day,
            "day_words": languages.upper_first(languages.day_words(day, today)),
            "times": times_of(offer, store, chosen=chosen, anyone=False) if ahead else [],
            "nothing": nothing_words(offer),
            "chosen": chosen,
            "colleagues": [(place_of(one.starts_at, person.slug), person.name) for person in colleagues],
            "people": await advisors.working_in(session, frozenset([store.id])),
            "wall": store.local(one.starts_at),
            "own_slug": slug,
            "nearest": [(place_of(near.start, near.slug), _near_words(request, store, near)) for near in nearest],
            "typed": typed,
            "errors": errors,
            "sentence": " ".join(errors.values()),
        },
        title=gettext("Move the appointment of %(who)s", who=frame.short_name(one.first_name, one.last_name)),
        current="staff_agenda",
        fragment="_refusal.html" if errors else "",
        status=refused.status if refused else 200,
    )
