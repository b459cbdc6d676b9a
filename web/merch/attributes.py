"""What articles are compared by: a list, and the form of one of them (`?attribute=`) or of a new one."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from booking import journal, submissions
from booking.submissions import KeyReused
from kit import codes
from kit.errors import Invalid, NotFound
from kit.languages import LANGUAGES, gettext
from stores import attributes
from stores.attributes import Attribute, ChoiceInUse, Kind
from stores.slugs import slug_of
from web import pages, views
from web.admin import changed
from web.admin.typed import Form, of_pair, tick, typed_form
from web.routing import Routes, staff
from web.staff import frame
from web.staff.typed import row_id

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/attributes"
SCOPE = "attribute"
EDITS = staff("catalogue.edit")
SPARE = 3
"""Empty rows for choices."""
MOST_CHOICES = 120
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@routes.get(PATH, allow=EDITS, name="merch_attributes")
async def show(request: Request, session: AsyncSession) -> Response:
    """All of them, and the form of one."""
    known = await attributes.every(session)
    chosen = None
    if "attribute" in request.query_params:
        wanted = row_id(request.query_params["attribute"])
        chosen = next((one for one in known if one.id == wanted), None)
        if chosen is None:
            raise NotFound()
    values = _values(chosen, len(known))
    return await _page(request, session, known, chosen, Form(values), marks=changed.marks_of(values))


@routes.post(PATH, allow=EDITS)
async def save(request: Request, session: AsyncSession) -> Response:
    """Add one or change one; its code and kind stay as they are, because files and articles speak of them."""
    form = await typed_form(request)
    if not form["id"]:
        return await _add(request, session, form)
    wanted = row_id(form["id"])
    if wanted is None:
        raise NotFound()
    one = await attributes.take(session, wanted)
    if form["do"] == "rows":
        return await _page(request, session, await attributes.every(session), one, form, marks=form["marks"])
    theirs = _values(one, 0)
    found = changed.since(form["marks"], theirs, form)
    if any(change.mine is not None for change in found):
        known = await attributes.every(session)
        marks = changed.marks_of(theirs)
        return await _page(request, session, known, one, form, marks=marks, found=found, status=409)
    try:
        values = _read(form, Kind(one.kind))
        before = {name: getattr(one, name) for name in values}
        await attributes.save(session, one, **values)
    except (Invalid, ChoiceInUse) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid, refused.params),
                  "label_fr" if isinstance(refused, Invalid) else "choices")  # fmt: skip
        known = await attributes.every(session)
        return await _page(request, session, known, one, form, marks=changed.marks_of(theirs), status=422)
    differing = {name: [str(before[name]), str(values[name])] for name in values if before[name] != values[name]}
    if differing:
        await _journal(request, session, one, "changed", {"fields": differing})
    request.app.state.house.forget()
    return pages.to(request, "merch_attributes", notice="saved")


async def _add(request: Request, session: AsyncSession, form: Form) -> Response:
    """The same form sent twice is one attribute."""
    known = await attributes.every(session)
    if form["do"] == "rows":
        return await _page(request, session, known, None, form, marks="")
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    try:
        kind = form.choice("kind", gettext("Kind"), list(Kind))
        code = form["code"].strip() or slug_of(form["label_fr"] or form["label_en"]).replace("-", "_")[:40].strip("_")
        if not _CODE.fullmatch(code) and (code or form["label_fr"] or form["label_en"]):
            form.wrong("code", gettext("Code: small letters, digits and underscores, such as lamp_width."))
        values = _read(form, Kind(kind) if kind in list(Kind) else Kind.TEXT)
        body = {name: text for name, text in form.values.items() if name not in ("key", "do")}
        if await submissions.begin(session, scope=SCOPE, key=key, body=body, now=request.state.now):
            return pages.to(request, "merch_attributes", notice="saved")
        one = Attribute(code=code, kind=kind, **values)
        try:
            async with session.begin_nested():
                session.add(one)
        except IntegrityError:
            raise Invalid("code_taken", gettext("Another attribute has this code."), field="code") from None
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "label_fr")
        return await _page(request, session, known, None, form, marks="", status=422)
    await submissions.answer(session, scope=SCOPE, key=key, answer={"id": one.id})
    await _journal(request, session, one, "added", {"code": code})
    request.app.state.house.forget()
    return pages.to(request, "merch_attributes", notice="saved")


async def _journal(request: Request, session: AsyncSession, one: Attribute, event: str, detail: dict[str, Any]) -> None:
    by, now = request.state.actor.by, request.state.now
    await journal.record(session, "attribute", one.id, event, by=by, now=now, after=one.code, detail=detail)


# Fields


def _values(one: Attribute | None, position: int) -> dict[str, str]:
    choices = one.choices if one else []
    values = {
        "code": one.code if one else "",
        "kind": one.kind if one else Kind.CHOICE,
        **of_pair("label", one.label if one else {}),
        "unit": one.unit if one else "",
        "facet": tick(one is not None and one.facet),
        "position": str(one.position if one else position + 1),
        "rows": str(len(choices) + SPARE),
    }
    for number, choice in enumerate(choices, 1):
        values |= {f"choice{number}-code": choice["code"], f"choice{number}-colour": choice["colour"]}
        values |= of_pair(f"choice{number}-label", choice["label"])
    return values


def _rows(form: Form) -> range:
    text = form["rows"]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else SPARE
    return range(1, min(number + (SPARE if form["do"] == "rows" else 0), MOST_CHOICES) + 1)


def _read(form: Form, kind: Kind) -> dict[str, Any]:
    """What the form says. Raises `Invalid`."""
    values: dict[str, Any] = {
        "label": form.pair("label", gettext("Name"), limit=60, needed=True),
        "unit": form.line("unit", 12) if kind == Kind.NUMBER else "",
        "facet": form.ticked("facet"),
        "position": form.number("position", gettext("Order"), 0, 9999),
    }
    if kind in (Kind.CHOICE, Kind.COLOUR):
        values["choices"] = _choices(form, kind)
        if not values["choices"]:
            form.wrong("choices", gettext("Choices: there has to be one at least."))
    form.check()
    return values


def _choices(form: Form, kind: Kind) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in _rows(form):
        name = f"choice{number}"
        label = {code: form.line(f"{name}-label_{code}", 60) for code in LANGUAGES}
        if not any(label.values()):
            continue
        for code, text in label.items():
            if not text:
                words = gettext(
                    "%(field)s: write it in both languages.", field=gettext("Choice %(number)d", number=number)
                )
                form.wrong(f"{name}-label_{code}", words)
        colour = form[f"{name}-colour"].strip() if kind == Kind.COLOUR else ""
        if colour and not _COLOUR.fullmatch(colour):
            form.wrong(f"{name}-colour", gettext("Colour: write it as #RRGGBB, such as #B08D57."))
        stem = form[f"{name}-code"] or slug_of(label["en"] or label["fr"]).replace("-", "_") or f"choice_{number}"
        taken = {one["code"] for one in found}
        code = stem if stem not in taken else next(one for n in range(2, 200) if (one := f"{stem}_{n}") not in taken)
        found.append({"code": code[:60], "label": label, "colour": colour.upper()})
    return found


# The page


def kind_words() -> dict[str, str]:
    return {
        Kind.CHOICE: gettext("one of some choices"),
        Kind.COLOUR: gettext("a colour"),
        Kind.NUMBER: gettext("a number with a unit"),
        Kind.TEXT: gettext("a text in both languages"),
    }


async def _page(
    request: Request,
    session: AsyncSession,
    known: Sequence[Attribute],
    chosen: Attribute | None,
    form: Form,
    *,
    marks: str,
    found: Sequence[changed.Change] = (),
    status: int = 200,
) -> Response:
    labels = {"label_fr": gettext("Name in French"), "label_en": gettext("Name in English"), "unit": gettext("Unit"),
              "facet": gettext("Lists can be narrowed by it"), "position": gettext("Order"),
              "rows": gettext("Choices")}  # fmt: skip
    rows = _rows(form)
    form.values["rows"] = str(len(rows))
    return frame.render(
        request,
        "merch/attributes.html",
        {
            "tab": "merch_attributes",
            "known": known,
            "counts": await attributes.count(session, [one.code for one in known]),
            "kinds": {str(kind): words for kind, words in kind_words().items()},
            "chosen": chosen,
            "form": form,
            "rows": rows,
            "marks": marks,
            "key": form["key"] or codes.new_token(),
            "changes": [(labels.get(one.name, gettext("Choices")), one.theirs, one.mine) for one in found],
            "address": views.address(request, "merch_attributes"),
        },
        title=gettext("Attributes"),
        current="merch_articles",
        status=status,
    )
