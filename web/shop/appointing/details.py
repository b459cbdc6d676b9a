"""The fifth step: who comes, and what she brings. Sending it books; whatever is refused, nothing typed is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice

from booking import customers, selections, submissions
from booking.appointments import asking, questions
from booking.appointments.asking import LONGEST_ANSWER, MOST_ITEMS, Brief
from booking.appointments.moves import SUBJECT
from booking.appointments.placing import NotOffered, SlotTaken, nearest
from booking.appointments.states import AHEAD
from booking.appointments.tables import Appointment
from booking.availability import Preference
from booking.blocks import SlotHold
from booking.reservations.states import Contact
from booking.submissions import KeyReused
from kit import codes, languages
from kit.errors import Invalid, Refused, TooMany
from kit.languages import Translated, gettext, lazy, ngettext
from stores import catalogue, places, services
from stores.catalogue import State, Variant
from stores.places import Store
from stores.services import Service
from web import access, pages, views
from web.appointment_words import clock_words, start_words, zone_note
from web.routing import ANYONE, Routes
from web.security import BOOK_BY_ADDRESS, HOLD_BY_ADDRESS, address_of
from web.shop import sending, standing
from web.shop.appointing import steps, time
from web.shop.appointing.steps import Chosen
from web.shop.sending import SCOPE, CustomerForm

routes = Routes()

SELECTION_COOKIE = "vitrine-selection"


class DetailsForm(CustomerForm):
    """Who comes. The questions of the service join it as `answer_<key>`."""

    contact = RadioField(lazy("How shall we reach you?"), [validators.InputRequired()], default=str(Contact.EMAIL))
    party = SelectField(lazy("How many of you will come?"), [validators.InputRequired()])
    access = StringField(lazy("What would help us receive you well?"))
    note = TextAreaField(lazy("A word for the advisor"))
    bring = BooleanField("")
    remind_soon = BooleanField(lazy("Remind me two hours before as well"))
    history = BooleanField(lazy("Let my advisor find my former visits"))

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.party.choices = [
            SelectChoice(str(n), ngettext("%(num)d person", "%(num)d people", n, num=n)) for n in range(1, most + 1)
        ]

    @property
    def answers(self) -> dict[str, str]:
        return {
            name.removeprefix("answer_"): field.data or ""
            for name, field in self._fields.items()
            if name.startswith("answer_")
        }

    @property
    def people(self) -> int:
        """0 for what is no number, which the use-case refuses."""
        typed = str(self.party.data or "1")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0


def form_of(chosen: Chosen, data: FormData | None = None) -> DetailsForm:
    """The form with the questions of the chosen service."""
    assert chosen.service is not None
    fields = {
        f"answer_{question['key']}": StringField(
            Translated.from_json(question["label"]).text(),
            [validators.InputRequired()] if question.get("required") else [],
        )
        for question in chosen.service.questions
    }
    made: DetailsForm = type("QuestionsForm", (DetailsForm,), fields)(
        data, most=chosen.service.max_party, party=str(chosen.party), bring=True
    )
    return made


@dataclass(frozen=True)
class Brought:
    """What she has in mind: the articles she comes from, and those of her selection that she may add."""

    articles: Sequence[tuple[Variant, int]] = ()
    selection: Sequence[tuple[Variant, int]] = ()
    note: str = ""
    """What she wrote on her selection: her word to the advisor begins with it."""

    def items(self, form: DetailsForm) -> list[tuple[Variant, int]]:
        return [*self.articles, *(self.selection if form.bring.data else ())]


@dataclass(frozen=True)
class Refusal:
    """Why it could not be booked, and the ways on: other starts as (words, what `switch` sends), a link."""

    words: str
    choices: Sequence[tuple[str, str]] = ()
    link: tuple[str, str] | None = None


@routes.get("/{language:language}/appointments/new/details", allow=ANYONE, name="book_details")
async def show(request: Request, session: AsyncSession) -> Response:
    """The form; or the times again, when somebody else has this one. Back from what she just booked leads there."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_details"):
        return elsewhere
    hold = await steps.own_hold(session, request)
    if refused := await _not_free(request, session, chosen, hold):
        if mine := await _booked_here(request, session, chosen):
            return RedirectResponse(views.address(request, "appointment_sent", code=mine.code), 303)
        return await time.page(request, session, chosen, refused=refused)
    brought = await _brought(request, session, chosen)
    form = form_of(chosen)
    form.note.data = brought.note
    return _page(request, form, chosen, brought, key=codes.new_token(), hold=hold)


async def _booked_here(request: Request, session: AsyncSession, chosen: Chosen) -> Appointment | None:
    """The appointment that this browser made with these answers: nobody else was faster."""
    for appointment_id in access.opened_ids(request, SUBJECT):
        made = await questions.get(session, appointment_id)
        there = chosen.service is not None and made.service_id == chosen.service.id
        if there and made.starts_at == chosen.start and made.status in AHEAD:
            return made
    return None


async def _not_free(request: Request, session: AsyncSession, chosen: Chosen, hold: SlotHold | None) -> Refused | None:
    """Why the chosen start cannot be had, also beyond the days that are looked at first."""
    store, start, now = chosen.store, chosen.start, request.state.now
    assert store is not None and start is not None and chosen.service is not None
    look = await steps.look(session, store, now)
    offer = steps.offer(request, chosen, look, steps.own_of(hold))
    if now < start and start > offer.question.last:
        look = await steps.look_far(session, store, chosen.service, now)
        offer = steps.offer(request, chosen, look, steps.own_of(hold))
    if offer.is_free(start):
        return None
    if not offer.was_offered(start):
        return NotOffered()
    return SlotTaken(start, nearest(offer, start, Preference()), zone=store.timezone)


@routes.post("/{language:language}/appointments/new/details", allow=ANYONE)
async def send(request: Request, session: AsyncSession) -> Response:
    """Book. The same form sent twice is one appointment; a refusal gives the form back as it was."""
    chosen = steps.read(request)
    if elsewhere := steps.missing(request, chosen, "book_details"):
        return elsewhere
    assert chosen.store is not None and chosen.service is not None
    chosen = chosen.but(
        store=await places.find(session, chosen.store.slug), service=await services.find(session, chosen.service.slug)
    )
    async with request.form(max_fields=60, max_files=0) as data:
        form = form_of(chosen, data)
        given = str(data.get("key", ""))
        key = given if codes.is_token(given) else codes.new_token()
        switch, shown_at = steps.read_stamp(str(data.get("switch", ""))), str(data.get("started", ""))
    brought = await _brought(request, session, chosen)
    if switch:
        return await _switched(request, session, form, chosen.but(start=switch), brought)
    hold = await steps.own_hold(session, request)
    try:
        await request.app.state.limits.check(BOOK_BY_ADDRESS, address_of(request))
        return await _book(request, session, form, chosen, brought, hold, key=key, shown_at=shown_at)
    except Invalid as invalid:
        form.take(invalid)
        return _page(request, form, chosen, brought, key=key, hold=hold, status=422)
    except KeyReused as reused:
        first = await submissions.look_up(session, scope=SCOPE, key=key) or {}
        link = (gettext("See the appointment already booked"), first["url"]) if "url" in first else None
        refusal, key = Refusal(reused.sentence, link=link), codes.new_token()
        return _page(request, form, chosen, brought, key=key, hold=hold, refusal=refusal, status=422)
    except (SlotTaken, NotOffered) as taken:
        refusal = _refusal(request, chosen, taken)
        return _page(request, form, chosen, brought, key=key, hold=None, refusal=refusal, status=taken.status)
    except TooMany as many:
        phone = customers.show_phone(chosen.store.phone, languages.language())
        call = gettext("You can also call the store: %(phone)s.", phone=phone)
        refusal = Refusal(f"{many.sentence} {call}")
        response = _page(request, form, chosen, brought, key=key, hold=hold, refusal=refusal, status=429)
        response.headers["retry-after"] = str(many.retry_after)
        return response


async def _switched(
    request: Request, session: AsyncSession, form: DetailsForm, chosen: Chosen, brought: Brought
) -> Response:
    """Another start instead, everything else as it was typed; it is kept for ten minutes like the first."""
    await request.app.state.limits.check(HOLD_BY_ADDRESS, address_of(request))
    key = codes.new_token()
    try:
        token = await time.keep(request, session, chosen)
    except (SlotTaken, NotOffered) as taken:
        refusal = _refusal(request, chosen, taken)
        return _page(request, form, chosen, brought, key=key, hold=None, refusal=refusal, status=taken.status)
    hold = await steps.hold_of(session, token)
    return time.kept(request, _page(request, form, chosen, brought, key=key, hold=hold), token)


async def _book(
    request: Request,
    session: AsyncSession,
    form: DetailsForm,
    chosen: Chosen,
    brought: Brought,
    hold: SlotHold | None,
    *,
    key: str,
    shown_at: str,
) -> Response:
    now: datetime = request.state.now
    assert chosen.store is not None and chosen.service is not None and chosen.start is not None
    brief = Brief(
        party=form.people if chosen.service.max_party > 1 else 1,
        answers={name: customers.clean_text(text) for name, text in form.answers.items()},
        access=customers.clean_text(form["access"].data or ""),
        remind_soon=form.remind_soon.data,
        history=form.history.data,
        items=brought.items(form),
    )
    body = {
        "appointment": chosen.but(party=brief.party).pairs(),
        "items": [[variant.sku, quantity] for variant, quantity in brief.items],
        "who": form.who,
        "brief": [brief.answers, brief.access, brief.remind_soon, brief.history],
    }
    if answered := await submissions.begin(session, scope=SCOPE, key=key, body=body, now=now):
        return _sent(request, answered.answer)
    advisor = steps.advisor_of(request, chosen)
    made = await asking.book(
        session,
        chosen.store,
        chosen.service,
        chosen.start,
        _customer(form, chosen.store, chosen.service, brief),
        brief,
        secret=request.app.state.settings.secret,
        now=now,
        advisor_id=advisor.id if advisor else None,
        hold=hold,
        limited=request.app.state.limits.on,
        holds_articles=not sending.is_suspect(request, form, shown_at),
        speaking="" if advisor else chosen.language,
    )
    url = views.address(request, "appointment_sent", code=made.appointment.code)
    answer = {"subject": SUBJECT, "id": made.appointment.id, "url": url}
    await submissions.answer(session, scope=SCOPE, key=key, answer=answer)
    return _sent(request, answer)


def _customer(form: DetailsForm, store: Store, service: Service, brief: Brief) -> customers.Customer:
    """Who comes; raises `Invalid` for everything that needs correcting at once, her answers included."""
    errors = []
    customer = None
    try:
        customer = form.customer(region=store.country)
    except Invalid as invalid:
        errors += invalid.errors
    try:
        asking.check_brief(service, brief)
    except Invalid as invalid:
        errors += invalid.errors
    if errors or customer is None:
        raise Invalid(errors=errors)
    return customer


def _sent(request: Request, answer: dict[str, Any]) -> Response:
    """On to the page that says so, which this browser may now open."""
    return sending.opened(request, pages.go(request, answer["url"]), answer)


def _refusal(request: Request, chosen: Chosen, refused: Refused) -> Refusal:
    """Somebody was faster, or it is not on offer: the nearest starts as buttons, and the way to all of them."""
    assert chosen.store is not None
    zone, now = chosen.store.timezone, request.state.now
    near = [one.start for one in refused.nearest] if isinstance(refused, SlotTaken) else []
    choices = [
        (gettext("Take %(time)s", time=start_words(start, zone, now)), steps.stamp(start)) for start in sorted(near)
    ]
    others = steps.address(request, "book_time", chosen.but(start=None))
    return Refusal(refused.sentence, choices, (gettext("See all the times"), others))


# What she brings


async def _brought(request: Request, session: AsyncSession, chosen: Chosen) -> Brought:
    """The articles of the address, and those of her selection beside them; at most ten in all."""
    found = await catalogue.find_variants(session, [sku for sku, _ in chosen.articles]) if chosen.articles else {}
    articles = [
        (found[sku], min(max(int(number), 1), found[sku].product.max_per_reservation))
        for sku, number in chosen.articles
        if sku in found
    ]
    token = request.cookies.get(access.cookie_name(request, SELECTION_COOKIE), "")
    selection = await selections.of_browser(session, token, now=request.state.now) if token else None
    others = [
        (item.variant, min(item.quantity, item.variant.product.max_per_reservation))
        for item in (selection.items if selection else ())
        if not item.variant.hidden and item.variant.product.state == State.PUBLISHED
        if item.variant.sku not in found
    ]
    return Brought(articles, others[: MOST_ITEMS - len(articles)], selection.note if selection and others else "")


# The page


def _page(
    request: Request,
    form: DetailsForm,
    chosen: Chosen,
    brought: Brought,
    *,
    key: str,
    hold: SlotHold | None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> Response:
    now, store, service = request.state.now, chosen.store, chosen.service
    assert store is not None and service is not None
    days = request.app.state.settings.erase_after_days
    form.bring.label.text = ngettext(
        "Bring my selection (%(num)d article)",
        "Bring my selection (%(num)d articles)",
        len(brought.selection),
        num=len(brought.selection),
    )
    context = {
        "form": form,
        "key": key,
        "started": sending.started(request),
        "receipt_url": views.address(request, "receipt", key=key),
        "action": steps.address(request, "book_details", chosen),
        "will": _will(chosen, now, hold),
        "clock": languages.zone_words(store.timezone),
        "zone_note": zone_note(store.timezone),
        "start_iso": store.local(chosen.start).isoformat() if chosen.start else "",
        "bring": service.bring.text(),
        "questions": [
            (f"answer_{question['key']}", Translated.from_json(question.get("example")).text())
            for question in service.questions
        ],
        "longest": LONGEST_ANSWER,
        "several": service.max_party > 1,
        "lines": [standing.article(variant, quantity, variant.price) for variant, quantity in brought.articles],
        "selection": [_line(variant, quantity) for variant, quantity in brought.selection],
        "store": views.shop(store, now),
        "meeting": (at.meeting_point.text() if (at := service.at(store.id)) else "") or store.desk.text(),
        "privacy_words": ngettext(
            "We keep these details for %(num)d day after your appointment, then erase them.",
            "We keep these details for %(num)d days after your appointment, then erase them.",
            days,
            num=days,
        ),
        "refused": refusal,
    }
    return steps.render(request, "book_details", chosen, context, status=status)


def _line(variant: Variant, quantity: int) -> str:
    name = views.name_of(variant)
    return gettext("%(name)s, quantity %(num)s", name=name, num=quantity) if quantity > 1 else name


def _will(chosen: Chosen, now: datetime, hold: SlotHold | None) -> list[tuple[str, str]]:
    """What she can count on, each with its icon: the time, that it is kept, until when it can be changed."""
    store, service, start = chosen.store, chosen.service, chosen.start
    assert store is not None and service is not None and start is not None
    zone = store.timezone
    day = languages.upper_first(languages.day_words(store.local(start).date(), store.local(now).date()))
    ends = start + service.length
    hours = gettext("%(first)s to %(last)s", first=clock_words(start, zone), last=clock_words(ends, zone))
    note = zone_note(zone)
    when = gettext("%(day)s, %(time)s", day=day, time=hours) + (f" ({note})" if note else "")
    lines = [("clock", when)]
    mine = hold is not None and hold.starts_at == start and hold.service_id == service.id
    if mine and hold and hold.expires_at > now:
        kept = gettext(
            "We keep this time for you for ten minutes. If you need longer, it is yours if it is still free."
        )
    else:
        kept = gettext("This time is free. It is yours as soon as you confirm.")
    lines.append(("check", kept))
    if service.needs_approval:
        approval = gettext("A colleague confirms this appointment; until then the time is kept for you.")
        lines.append(("people", approval))
    lines.append(("calendar", cut_off_words(service, start, zone, now)))
    return lines


def cut_off_words(service: Service, start: datetime, zone: str, now: datetime) -> str:
    """Until when she may move and cancel it herself, as the service has it."""
    move, cancel = (start - timedelta(minutes=minutes) for minutes in (service.move_minutes, service.cancel_minutes))

    def until(when: datetime) -> str:
        return gettext("until it begins") if when == start else languages.kept_until_words(when, zone, now)

    if max(move, cancel) <= now:
        return gettext("It is too close to be moved or cancelled online: call the store.")
    if move == cancel:
        return gettext("You can move or cancel it %(until)s, at no cost.", until=until(move))
    if move <= now:
        return gettext("You can cancel it %(until)s, at no cost.", until=until(cancel))
    if cancel <= now:
        return gettext("You can move it %(until)s, at no cost.", until=until(move))
    return gettext("You can move it %(until)s and cancel it %(end)s, at no cost.", until=until(move), end=until(cancel))
