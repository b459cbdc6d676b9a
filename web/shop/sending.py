"""What the forms that reach a store have in common: who sends them, that each is sent once, and by a person."""

from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from wtforms import EmailField, RadioField, StringField, TelField, TextAreaField, validators
from wtforms.fields.choices import SelectChoice

from booking import customers
from booking.links import Link
from booking.reservations import telling
from booking.reservations.states import Contact
from kit import codes, languages
from kit.languages import gettext, lazy
from web import access
from web.forms import LocalizedForm

SCOPE = "form"
"""Of the keys that forms carry, so that one address can say of any of them whether it arrived."""
FASTEST = timedelta(seconds=3)
"""Nobody reads and fills the form in less; who does is believed less."""
LONGEST = timedelta(hours=12)


class CustomerForm(LocalizedForm):
    """Who asks. What is wrong with it is said by `booking.customers`, so nothing is validated here."""

    first_name = StringField(lazy("First name"), [validators.InputRequired()])
    last_name = StringField(lazy("Last name"), [validators.InputRequired()])
    contact = RadioField(
        lazy("How would you like the store to answer?"), [validators.InputRequired()], default=str(Contact.EMAIL)
    )
    email = EmailField(lazy("Email address"), [validators.InputRequired()])
    phone = TelField(lazy("Telephone"), [validators.InputRequired()])
    note = TextAreaField(lazy("A word for the store"))
    company_url = StringField(lazy("Leave this field empty"))
    """No person ever meets it; programs that fill every field do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact.choices = [
            SelectChoice(str(Contact.EMAIL), gettext("By email")),
            SelectChoice(str(Contact.SMS), gettext("By text message")),
            SelectChoice(str(Contact.PHONE), gettext("By a telephone call")),
        ]

    def customer(self, *, region: str) -> customers.Customer:
        """Raises `Invalid` for what needs correcting."""
        contact = self.contact.data if self.contact.data in tuple(Contact) else ""
        return customers.customer(
            first_name=self.first_name.data or "",
            last_name=self.last_name.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
            language=languages.language(),
            contact=contact,
            note=self.note.data or "",
            region=region,
        )

    @property
    def who(self) -> list[Any]:
        """What she typed of herself, for telling two requests apart."""
        return [self[name].data for name in ("first_name", "last_name", "email", "phone", "contact", "note")]


def opened(request: Request, response: Response, answer: dict[str, Any]) -> Response:
    """The browser that sent it may open what it booked. `answer` names a reservation, or its subject and id."""
    subject = answer.get("subject", telling.SUBJECT)
    subject_id = answer["reservation"] if "reservation" in answer else answer["id"]
    access.remember_link(request, response, Link(subject=subject, subject_id=subject_id, mailed=False))
    response.headers["cache-control"] = "no-store"
    return response


def started(request: Request) -> str:
    """When the form was shown, sealed."""
    now: datetime = request.state.now
    return codes.seal(request.app.state.settings.secret, str(int(now.timestamp())), until=now + LONGEST)


def is_suspect(request: Request, form: CustomerForm, shown_at: str) -> bool:
    """Whether it looks like a program: the hidden field, or sent sooner than a person can, or with a time that was
    not ours or is half a day old."""
    return bool(form.company_url.data) or (request.app.state.limits.on and _too_fast(request, shown_at))


def _too_fast(request: Request, shown_at: str) -> bool:
    now: datetime = request.state.now
    shown = codes.unseal(request.app.state.settings.secret, shown_at, now=now)
    return shown is None or not shown.isdigit() or now.timestamp() - int(shown) < FASTEST.total_seconds()
