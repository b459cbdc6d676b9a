"""The page of one article: shown, saved, kept as a draft while it is typed."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from booking import journal, submissions
from booking.submissions import KeyReused
from kit import codes, languages, rich
from kit.errors import FieldError, Invalid
from kit.languages import gettext
from stores import completeness, drafts, editing
from stores.catalogue import Product, State
from stores.completeness import Reason
from web import pages
from web.admin.typed import Form
from web.merch.article import fields, reading, shown
from web.merch.article.adding import Found, add
from web.merch.article.merging import Difference, marks_of, merge, touched
from web.merch.article.reading import Asked, Said
from web.merch.article.shown import NEW, Subject
from web.routing import Routes, staff
from web.staff import frame

routes = Routes(refuse=frame.refuse)

PATH = "/{language:language}/merch/articles/{ref}"
SCOPE = "article"
EDITS = staff("catalogue.edit")
MOST_FIELDS = 6000
SHORT = 120
"""Signs of a value that the journal keeps."""
MOST_KEPT = 60
BESIDE = {Reason.NAME: "name_fr", Reason.CATEGORY: "category", Reason.PICTURES: "pictures", Reason.VARIANTS: "variants"}
"""The field that a reason not to publish is about."""


@routes.get(PATH, allow=EDITS, name="merch_article")
async def show(request: Request, session: AsyncSession) -> Response:
    """The article, or what this person had typed and not saved (`?draft=1`); `new` is one that does not exist yet."""
    subject = await shown.look(request, session)
    form = Form(dict(subject.values))
    draft = await shown.offered_draft(session, request.state.actor.account_id, subject)
    if draft is None or "draft" not in request.query_params:
        return await _page(request, session, subject, form, marks=marks_of(subject.values), draft=draft)
    form.values |= {name: text for name, text in draft.typed.items() if isinstance(text, str)}
    return await _page(request, session, subject, form, marks=form["marks"])


@routes.post(PATH, allow=EDITS)
async def save(request: Request, session: AsyncSession) -> Response:
    """Save, or do what another button of the form says. Two people at once are asked field by field."""
    form = await _typed(request)
    subject = await shown.look(request, session, lock=True)
    if form["do"] not in ("", "save"):
        found = await add(session, form, subject.product)
        return await _page(request, session, subject, form, marks=form["marks"], found=found)
    differences = merge(form, subject.values) if subject.product else []
    if any(one.mine is not None for one in differences):
        marks = _marks(form, subject, differences)
        return await _page(request, session, subject, form, marks=marks, differences=differences, status=409)
    try:
        async with session.begin_nested():
            ref, hidden = await (
                _write(request, session, subject, form) if subject.product else _add(request, session, subject, form)
            )
    except (Invalid, KeyReused) as refused:
        form.take(refused if isinstance(refused, Invalid) else Invalid(refused.code, refused.msgid), "name_fr")
        session.expunge_all()
        subject = await shown.look(request, session)
        return await _page(request, session, subject, form, marks=marks_of(subject.values), status=422)
    await drafts.drop(session, request.state.actor.account_id, editing.KIND, subject.id)
    notice = "variants_hidden" if hidden else "saved_together" if differences else "saved"
    return pages.to(request, "merch_article", ref=ref, notice=notice)


@routes.post(PATH + "/draft", allow=EDITS, name="merch_article_draft")
async def keep(request: Request, session: AsyncSession) -> Response:
    """Keep what was typed so far, for this person alone; or forget it."""
    form = await _typed(request)
    ref, account_id, now = request.path_params["ref"], request.state.actor.account_id, request.state.now
    product_id = 0 if ref == NEW else await editing.id_of(session, ref)
    if form["forget"]:
        await drafts.drop(session, account_id, editing.KIND, product_id)
        return pages.to(request, "merch_article", ref=ref)
    await drafts.keep(session, account_id, editing.KIND, product_id, form.values, now=now)
    store = request.app.state.house.main_store
    clock = languages.time_words(store.local(now) if store else now)
    return PlainTextResponse(gettext("Draft kept at %(time)s", time=clock), headers=frame.NO_STORE)


@routes.post(PATH + "/preview", allow=EDITS, name="merch_article_preview")
async def preview(request: Request, session: AsyncSession) -> Response:
    """The text of one field as shoppers will read it."""
    form = await _typed(request)
    name = request.query_params.get("field", "")
    known = [f"{part}_{code}" for part in ("story", "care") for code in languages.LANGUAGES]
    if name not in known:
        raise Invalid()
    return pages.render(
        request, "merch/_rich.html", {"name": name, "text": form[name][: fields.LIMITS["story"]], "rich": rich.html}
    )


async def _typed(request: Request) -> Form:
    async with request.form(max_fields=MOST_FIELDS, max_files=0) as data:
        form = Form({name: text.replace("\r\n", "\n") for name, text in data.items() if isinstance(text, str)})
    for name in (*fields.TICKS, *(f"{key}-hidden" for key in fields.rows_of(form, "variants"))):
        form.values.setdefault(name, "")  # browsers do not send a box that is not ticked
    return form


def _marks(form: Form, subject: Subject, differences: list[Difference]) -> str:
    """Those of what stands now, but for what is still to be chosen, which stays marked as it was."""
    open_ = {one.name for one in differences if one.mine is not None}
    was = dict(pair.rsplit(":", 1) for pair in form["marks"].split() if ":" in pair)
    now = dict(pair.rsplit(":", 1) for pair in marks_of(subject.values).split())
    kept = {name: mark for name, mark in was.items() if name in open_ or name.partition("-")[0] in open_}
    return " ".join(f"{name}:{mark}" for name, mark in (now | kept).items())


def _asked(request: Request, subject: Subject, form: Form) -> Asked:
    house, product = request.app.state.house, subject.product
    return Asked(
        form=form,
        touched=touched(form, subject.values),
        attributes=subject.attributes,
        category_ids={category.id for category in house.categories},
        territories=shown.territories(languages.language(), product.made_in if product else ""),
        zone=subject.zone,
        now=request.state.now,
        currency=product.variants[0].currency if product and product.variants else "EUR",
    )


async def _add(request: Request, session: AsyncSession, subject: Subject, form: Form) -> tuple[str, list[str]]:
    """The same form sent twice is one article."""
    ref = reading.read_ref(form)
    said = reading.read(_asked(request, subject, form), None)
    key = form["key"] if codes.is_token(form["key"]) else codes.new_token()
    body = {name: text for name, text in form.values.items() if name not in ("key", "do")}
    if answered := await submissions.begin(session, scope=SCOPE, key=key, body=body, now=request.state.now):
        return str(answered.answer["ref"]), []
    ref = ref or await editing.free_ref(session, said.values["name"].text("fr"))
    product = await editing.create(session, ref, said.values, now=request.state.now)
    await _rows(session, request, product, said)
    product = await _publish(request, session, product, said.state, before=None)
    await submissions.answer(session, scope=SCOPE, key=key, answer={"ref": ref})
    await journal.record(
        session, "product", product.id, "added", by=request.state.actor.by, now=request.state.now, after=product.state
    )
    return ref, []


async def _write(request: Request, session: AsyncSession, subject: Subject, form: Form) -> tuple[str, list[str]]:
    """What was changed, and what became of variants that had to stay."""
    product = subject.product
    assert product is not None
    asked = _asked(request, subject, form)
    said = reading.read(asked, product)
    if not (said.values or said.variants or said.pictures or said.pairings or said.state):
        return product.ref, []
    state = product.state
    before = await editing.reasons(session, product) if state == State.PUBLISHED else None
    await editing.save(session, product, said.values, now=request.state.now)
    hidden = await _rows(session, request, product, said)
    product = await _publish(request, session, product, said.state, before=before)
    await journal.record(
        session,
        "product",
        product.id,
        "changed",
        by=request.state.actor.by,
        now=request.state.now,
        before=state if state != product.state else "",
        after=product.state if state != product.state else "",
        detail={"fields": _kept(form, subject, asked)},
    )
    return product.ref, hidden


async def _rows(session: AsyncSession, request: Request, product: Product, said: Said) -> list[str]:
    """Variants first: pictures name them. The SKUs of those that were hidden instead of removed."""
    ids = {f"v{one.id}": one.id for one in product.variants}
    kept = await editing.save_variants(session, product, said.variants, now=request.state.now)
    await editing.save_pictures(session, product, said.pictures, ids | kept.ids)
    await editing.save_pairings(session, product, said.pairings)
    return kept.hidden


async def _publish(
    request: Request, session: AsyncSession, product: Product, state: State | None, *, before: list[Reason] | None
) -> Product:
    """Take the state that was chosen. Raises `Invalid` with what keeps the article from being shown, unless it was
    shown with that before."""
    await session.flush()
    product = await editing.take(session, product.ref)
    if state is not None:
        editing.move(product, state, now=request.state.now)
    if product.state == State.PUBLISHED or product.publish_at:
        lacks = [reason for reason in await editing.reasons(session, product) if reason not in (before or [])]
        if lacks:
            raise Invalid(
                errors=[FieldError(BESIDE[one], "not_publishable", completeness.SENTENCES[one]) for one in lacks]
            )
    await session.flush()
    return product


def _kept(form: Form, subject: Subject, asked: Asked) -> dict[str, list[str]]:
    """Before and after, by field, the beginnings of long texts."""
    known = fields.labels(form, subject.attributes)
    names = [name for name in sorted(asked.touched) if name in known]
    removed = [name for name in sorted(asked.touched) if name.endswith("-remove")]
    found = {name: [subject.values.get(name, "")[:SHORT], form[name][:SHORT]] for name in names[:MOST_KEPT]}
    return found | {name: ["", "1"] for name in removed}


async def _page(
    request: Request,
    session: AsyncSession,
    subject: Subject,
    form: Form,
    *,
    marks: str,
    status: int = 200,
    found: Found | None = None,
    **more: Any,
) -> Response:
    context = await shown.context(request, session, subject, form, marks=marks, found=found, **more)
    title = subject.product.name.text() if subject.product else gettext("New article")
    return frame.render(
        request, "merch/article.html", context, title=title or subject.ref, current="merch_articles", status=status
    )
