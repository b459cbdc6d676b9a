"""What may be sent to the API, and what is said about it in the caller's language when it cannot be taken.

Fields that we do not know are passed over: a caller may be newer than we are.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, NotRequired, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from typing_extensions import TypedDict

from booking.appointments import asking as appointing
from booking.reservations import asking
from booking.reservations.states import Status
from kit.errors import FieldError, Invalid
from kit.languages import lazy
from stores.stock import MOST_UNITS as MOST_UNITS_COUNTED

MOST_UNITS = 99
MOST_SKUS = 100
MOST_ON_A_PAGE = 100

Reason = Literal["not_found", "sold", "damaged", "display_only", "reserved_elsewhere"]
Sku = Annotated[str, Field(min_length=1, max_length=100)]
Units = Annotated[int, Field(ge=0, le=MOST_UNITS)]
SomeUnits = Annotated[int, Field(ge=1, le=MOST_UNITS)]


class Body(BaseModel):
    """JSON says what it means: "2" is a text and no number."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Query(BaseModel):
    """What stands behind the question mark is text, and read as what it should be."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _in_reach(said: date) -> date:
    """Days are added to it and taken off: at the ends of the calendar there are none."""
    if not 2000 <= said.year <= 2200:
        raise ValueError("out of reach")
    return said


InReach = AfterValidator(_in_reach)


# What is asked of lists


class Page(Query):
    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Annotated[int, Field(ge=1, le=MOST_ON_A_PAGE)] = 24


class ProductsQuery(Page):
    query: Annotated[str, Field(max_length=200)] = ""
    category: Annotated[str, Field(max_length=200)] = ""
    store: Annotated[str, Field(max_length=100)] = ""
    available: bool = False


class AvailabilityQuery(Query):
    sku: Annotated[list[Sku], Field(min_length=1, max_length=MOST_SKUS)]
    store: list[Annotated[str, Field(max_length=100)]] = []


class ServicesQuery(Page):
    store: Annotated[str, Field(max_length=100)] = ""


class SlotsQuery(Query):
    """Days of the store, or moments with their offset."""

    store: Annotated[str, Field(min_length=1, max_length=100)]
    service: Annotated[str, Field(min_length=1, max_length=100)]
    from_: Annotated[date | AwareDatetime, Field(alias="from", union_mode="left_to_right"), InReach]
    to: Annotated[date | AwareDatetime, Field(union_mode="left_to_right"), InReach]
    advisor: Annotated[str, Field(max_length=100)] = ""
    language: Annotated[str, Field(max_length=3)] = ""
    party: Annotated[int, Field(ge=1, le=20)] = 1


class StaffQuery(Page):
    store: Annotated[str, Field(max_length=100)] = ""
    status: list[Literal[tuple(str(status) for status in Status)]] = []  # type: ignore[valid-type]


# What shoppers send


class WantedLine(Body):
    sku: Sku
    quantity: SomeUnits


class Person(Body):
    """At least one of `email` and `phone`."""

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    language: Literal["fr", "en"] | None = None


class ReservationBody(Body):
    store: Annotated[str, Field(min_length=1, max_length=100)]
    lines: Annotated[list[WantedLine], Field(min_length=1, max_length=asking.MOST_LINES)]
    customer: Person
    contact: Literal["email", "sms", "phone"] | None = None
    note: str | None = None


Start = Annotated[AwareDatetime, Field(strict=False), InReach]


class AppointmentBody(Body):
    store: Annotated[str, Field(min_length=1, max_length=100)]
    service: Annotated[str, Field(min_length=1, max_length=100)]
    start: Start
    advisor: Annotated[str, Field(max_length=100)] | None = None
    customer: Person
    contact: Literal["email", "sms", "phone"] | None = None
    items: Annotated[list[WantedLine], Field(max_length=appointing.MOST_ITEMS)] = []
    answers: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] = {}
    party: Annotated[int, Field(ge=1, le=20)] = 1
    access: Annotated[str, Field(max_length=500)] | None = None
    remind_soon: bool = False
    note: str | None = None


class RescheduleBody(Body):
    """Without `advisor` it stays with the one who has it; `any` is whoever is free."""

    start: Start
    advisor: Annotated[str, Field(max_length=100)] | None = None


class NothingBody(Body):
    pass


class ProposalBody(Body):
    accept: bool


# What staff's programs send


class Offered(Body):
    sku: Sku
    quantity: SomeUnits = 1


class AnsweredLine(Body):
    sku: Sku
    found: Units
    reason: Reason | None = None
    substitute: Offered | None = None


class AnswerBody(Body):
    """A line that is not named was found whole."""

    lines: Annotated[list[AnsweredLine], Field(max_length=2 * asking.MOST_LINES)]


class ReadinessBody(Body):
    place: Annotated[str, Field(max_length=40)] | None = None


class CollectedLine(Body):
    sku: Sku
    bought: Units
    returned: Units


class CollectionBody(Body):
    """Every article that is held, with what was taken and what goes back."""

    lines: Annotated[list[CollectedLine], Field(max_length=2 * asking.MOST_LINES)]


class DeclineBody(Body):
    reason: Reason


# What tills and back offices send

MOST_LEVELS = 10_000
_AS_WRITTEN = ConfigDict(strict=True)
StoreSlug = Annotated[str, Field(min_length=1, max_length=100)]
EventId = Annotated[str, Field(min_length=1, max_length=200)]
Source = Annotated[str, Field(min_length=1, max_length=60)]
Moment = Annotated[AwareDatetime, Field(strict=False), InReach]
MovedFor = Literal["sale", "delivery", "return", "damage", "transfer_in", "transfer_out", "correction"]


class StockLevel(TypedDict):
    """Ten thousand of these are read in a few milliseconds, which objects would take four times."""

    __pydantic_config__ = _AS_WRITTEN  # type: ignore[misc]

    store: StoreSlug
    sku: Sku
    on_hand: Annotated[int, Field(ge=0, le=MOST_UNITS_COUNTED)]


class StockBody(Body):
    """What was there at `counted_at`. `source` is the key's name where it is left out."""

    event_id: EventId
    source: Source | None = None
    counted_at: Moment
    levels: Annotated[list[StockLevel], Field(max_length=MOST_LEVELS)]


class StockMove(TypedDict):
    __pydantic_config__ = _AS_WRITTEN  # type: ignore[misc]

    store: StoreSlug
    sku: Sku
    delta: Annotated[int, Field(ge=-MOST_UNITS_COUNTED, le=MOST_UNITS_COUNTED)]
    reason: MovedFor
    occurred_at: NotRequired[Moment | None]
    reservation: NotRequired[Annotated[str, Field(max_length=20)] | None]


class MovementsBody(Body):
    """What came and went, each at its moment, or now. A sale may name the reservation that it was for."""

    event_id: EventId
    source: Source | None = None
    movements: Annotated[list[StockMove], Field(max_length=MOST_LEVELS)]


# What is said about them

_NEEDED = ("required", lazy("This is needed."))
_WHOLE = ("whole_number", lazy("This must be a whole number."))
_TRUTH = ("true_or_false", lazy("This must be true or false."))
_MOMENT = ("moment", lazy("This must be a moment with its offset, such as 2026-12-02T14:30:00+01:00."))
_OBJECT = ("object", lazy("This must be an object with fields."))
WORDS: Mapping[str, tuple[str, Any]] = {
    "missing": _NEEDED,
    "string_too_short": _NEEDED,
    "string_type": ("text", lazy("This must be a text.")),
    "string_too_long": ("too_long", lazy("Keep it within %(n)d signs")),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "greater_than_equal": ("too_small", lazy("This must be %(n)d or more.")),
    "less_than_equal": ("too_large", lazy("This must be %(n)d or less.")),
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "list_type": ("list", lazy("This must be a list.")),
    "too_short": ("too_few", lazy("Name at least %(n)d.")),
    "too_long": ("too_many", lazy("Name at most %(n)d.")),
    "literal_error": ("unknown_value", lazy("This must be one of these: %(values)s.")),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "date_from_datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_type": _MOMENT,
    "timezone_aware": _MOMENT,
}
"""By pydantic's name of the error: our code, which never changes, and our sentence."""
_OTHER = ("malformed", lazy("This cannot be read."))
_LIMITS = ("max_length", "min_length", "ge", "le")
MOST_ERRORS = 100
"""Named in one answer: the first hundred of ten thousand wrong lines say what is wrong with them."""

M = TypeVar("M", bound=BaseModel)


def check(model: type[M], said: Any) -> M:
    """`said` as `model`; raises `Invalid` with an error for every field that cannot be taken."""
    try:
        return model.model_validate(said)
    except ValidationError as refused:
        raise Invalid(errors=[_error(error) for error in refused.errors(include_url=False)[:MOST_ERRORS]]) from None


def _error(error: Any) -> FieldError:
    field = ".".join(str(part) for part in error["loc"])
    code, msgid = WORDS.get(error["type"], _OTHER)
    said = error.get("ctx", {})
    limit = next((said[name] for name in _LIMITS if name in said), None)
    params: dict[str, Any] = {} if limit is None else {"n": limit}
    if "expected" in said:
        params["values"] = ", ".join(re.findall(r"'([^']*)'", str(said["expected"])))
    return FieldError(field, code, msgid, params or None)


def query(model: type[M], request: Request) -> M:
    """The question behind the address; a parameter that may be repeated is a list."""
    params = request.query_params
    lists = {name for name, field in model.model_fields.items() if "list" in str(field.annotation)}
    known = [field.alias or name for name, field in model.model_fields.items() if (field.alias or name) in params]
    said = {name: params.getlist(name) if name in lists else params[name] for name in known}
    for name in known:
        if any("\x00" in one for one in params.getlist(name)):
            raise Invalid(errors=[FieldError(name, *_OTHER)])
    return check(model, said)
