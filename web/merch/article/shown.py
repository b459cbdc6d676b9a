"""What the page of an article shows: its fields, what is on offer for them, and how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from booking import journal
from kit import codes, languages, rich
from kit.languages import LANGUAGES, Translated, gettext, pgettext
from stores import attributes, completeness, drafts, editing, gtin
from stores.attributes import Attribute
from stores.catalogue import Product, State
from stores.drafts import Draft
from stores.pairings import Pairing
from stores.slugs import slug_of
from web import views
from web.admin.typed import Form
from web.house import House
from web.merch.article import fields
from web.merch.article.adding import Found
from web.merch.article.merging import Difference, touched

NEW = "new"
SHOWN_TITLE, SHOWN_DESCRIPTION = 60, 155
"""Signs that a search result has room for."""
LONGEST_SHOWN = 300


@dataclass
class Subject:
    """The article that the page is about, None for a new one, with what its fields are filled from."""

    ref: str
    product: Product | None
    attributes: Sequence[Attribute]
    zone: str
    pairings: Sequence[Pairing] = ()
    values: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.product.id if self.product else 0


async def look(request: Request, session: AsyncSession, *, lock: bool = False) -> Subject:
    """The article of this address; raises `NotFound`."""
    ref = request.path_params["ref"]
    known = await attributes.every(session)
    store = request.app.state.house.main_store
    subject = Subject(ref, None, known, store.timezone if store else "UTC")
    if ref != NEW:
        subject.product = await (editing.take if lock else editing.find)(session, ref)
        subject.pairings = await editing.pairings_of(session, subject.product)
    subject.values = fields.values_of(subject.product, known, subject.pairings, subject.zone)
    return subject


async def context(
    request: Request,
    session: AsyncSession,
    subject: Subject,
    form: Form,
    *,
    marks: str,
    differences: Sequence[Difference] = (),
    draft: Draft | None = None,
    found: Found | None = None,
) -> dict[str, Any]:
    """For `merch/article.html`."""
    product, house, now = subject.product, request.app.state.house, request.state.now
    found = found or Found()
    state = str(product.state) if product else "draft"
    address = views.address(request, "merch_article", ref=subject.ref)
    last = await journal.last(session, "product", product.id) if product and differences else None
    return {
        "tab": "merch_articles",
        "form": form,
        "product": product,
        "is_new": product is None,
        "address": address,
        "draft_address": views.address(request, "merch_article_draft", ref=subject.ref),
        "preview_address": views.address(request, "merch_article_preview", ref=subject.ref),
        "marks": marks,
        "key": form["key"] or codes.new_token(),
        "state": state,
        "states": fields.state_words(),
        "shown_at": _shown_at(request, product),
        "why_not": await _why_not(session, product),
        "columns": fields.columns_of(form),
        "language_first": _language_first(form),
        "rich": rich.html,
        "results": {code: _result(request, form, code) for code in LANGUAGES},
        "title_signs": SHOWN_TITLE,
        "description_signs": SHOWN_DESCRIPTION,
        "brands": await editing.brands(session),
        "categories": categories(house),
        "territories": territories(languages.language(), form["made_in"]),
        "attributes": subject.attributes,
        "zone": languages.zone_words(subject.zone),
        "variants": _variants(form, product),
        "options": fields.OPTIONS,
        "more_variants": max(0, len(product.variants) - fields.MOST_VARIANTS) if product else 0,
        "pictures": await _pictures(request, session, form, product),
        "pairings": await _pairings(request, session, form),
        "found_media": None if found.media is None else [_medium(one) for one in found.media],
        "found_articles": found.articles,
        "differences": _differences(subject, form, differences),
        "to_choose": any(one.mine is not None for one in differences),
        "who": last.by if last else "",
        "when": _when(last.at, subject.zone, now) if last else "",
        "draft_at": _when(draft.at, subject.zone, now) if draft else "",
    }


def _when(moment: datetime, zone: str, now: datetime) -> str:
    return languages.moment_words(moment, zone, now)


def _shown_at(request: Request, product: Product | None) -> str:
    """Where shoppers see it; empty while they do not."""
    if product is None or product.state != State.PUBLISHED:
        return ""
    return views.address(request, "product", slug=product.slug(languages.language()))


async def _why_not(session: AsyncSession, product: Product | None) -> list[str]:
    """What still keeps a draft from being published."""
    if product is None or product.state == State.PUBLISHED:
        return []
    return [str(completeness.SENTENCES[reason]) for reason in await editing.reasons(session, product)]


def _language_first(form: Form) -> str:
    """The column that a narrow screen opens with: the one in which something is wrong."""
    wrong = [code for code in LANGUAGES if any(name.endswith(f"_{code}") for name in form.errors)]
    return wrong[0] if wrong else languages.language() if not form.errors else LANGUAGES[0]


def _result(request: Request, form: Form, code: str) -> dict[str, str]:
    """As a search engine may show it."""
    name = form[f"name_{code}"] or form["name_fr"] or form["name_en"]
    story = form[f"story_{code}"] or form["story_fr"] or form["story_en"]
    said = form[f"seo_description_{code}"].strip() or rich.plain(story)
    slug = form[f"slug_{code}"] or "…"
    return {
        "title": form[f"seo_title_{code}"].strip() or name,
        "address": f"{request.app.state.settings.base_url}/{code}/p/{slug}",
        "description": said if len(said) <= SHOWN_DESCRIPTION else said[:SHOWN_DESCRIPTION].rsplit(" ", 1)[0] + "…",
    }


def categories(house: House) -> list[tuple[str, str]]:
    """Each below the department that it belongs to: `Luminaires › Lampes à poser`."""
    names = {one.id: one.name.text() for one in house.categories}
    found = [
        (str(one.id), f"{names[one.parent_id]} › {one.name.text()}" if one.parent_id in names else one.name.text())
        for one in house.categories
    ]
    return sorted(found, key=lambda one: one[1].casefold())


@lru_cache(maxsize=256)
def territories(language: str, present: str) -> dict[str, str]:
    """Countries by code, in the order of their names; what an article says now is among them."""
    known = {code: str(name) for code, name in languages.LOCALES[language].territories.items() if len(code) == 2}
    # the slug puts É among the E
    known = dict(sorted(known.items(), key=lambda one: slug_of(one[1])))
    return known if not present or present in known else {present: present, **known}


# Rows


def _variants(form: Form, product: Product | None) -> list[dict[str, Any]]:
    named = {f"v{one.id}": one for one in product.variants} if product else {}
    rows = []
    for place, key in enumerate(fields.rows_of(form, "variants"), 1):
        digits = form[f"{key}-gtin"].strip()
        inside = gtin.is_gtin(digits) and gtin.is_in_store(digits)
        name = form[f"{key}-sku"] or gettext("Variant %(number)d", number=place)
        rows.append({"key": key, "place": place, "name": name, "is_new": key not in named, "inside": inside})
    return rows


def variant_words(form: Form, key: str) -> str:
    """`LUM-0001-LAI, Laiton`: how a picture names the variant that it shows."""
    values = [form[f"{key}-o{place}_{languages.language()}"] or form[f"{key}-o{place}_fr"] for place in fields.OPTIONS]
    return ", ".join(part for part in (form[f"{key}-sku"], *values) if part) or gettext("new variant")


def _medium(medium: Any) -> dict[str, Any]:
    return {
        "id": medium.id,
        "src": f"/media/{medium.path}",
        "alt": medium.alt.text(),
        "width": medium.width,
        "height": medium.height,
        "credit": medium.credit,
        "described": medium.is_described,
    }


async def _pictures(request: Request, session: AsyncSession, form: Form, product: Product | None) -> dict[str, Any]:
    """The rows of pictures, and the variants that each of them may show."""
    hanging = {f"p{one.id}": one for one in product.pictures} if product else {}
    ids = [one.medium_id for one in hanging.values() if one.medium_id]
    keys = fields.rows_of(form, "pictures")
    ids += [fields.number_of(key) for key in keys if key.startswith("m")]
    media = await editing.media_named(session, ids)
    rows = []
    for key in keys:
        picture = hanging.get(key)
        medium = media.get(fields.number_of(key) if key.startswith("m") else picture.medium_id or 0 if picture else 0)
        shown = medium or picture
        if shown is None:
            continue
        described = medium.is_described if medium else "fr" in shown.alt
        rows.append(
            {
                "key": key,
                "src": f"/media/{shown.path}",
                "width": shown.width,
                "height": shown.height,
                "alt": shown.alt,
                "decorative": medium.decorative if medium else False,
                "described": described,
                "medium_id": medium.id if medium else None,
            }
        )
    choices = [(key, variant_words(form, key)) for key in fields.rows_of(form, "variants")]
    return {"rows": rows, "choices": choices}


async def _pairings(request: Request, session: AsyncSession, form: Form) -> list[dict[str, Any]]:
    keys = fields.rows_of(form, "pairings")
    named = await editing.products_named(session, [fields.number_of(key) for key in keys])
    rows = []
    for key in keys:
        if other := named.get(fields.number_of(key)):
            url = views.address(request, "merch_article", ref=other.ref)
            shown = other.state == State.PUBLISHED
            rows.append({"key": key, "name": other.name.text(), "ref": other.ref, "url": url, "shown": shown})
    return rows


# Differences


def _differences(subject: Subject, form: Form, found: Sequence[Difference]) -> list[dict[str, Any]]:
    labels = fields.labels(form, subject.attributes)
    by_code = {f"attr-{one.code}": one for one in subject.attributes}

    def said(name: str, text: str | None) -> str | None:
        if text is None:
            return None
        return _said(name, text, by_code) or pgettext("value", "nothing")

    rows = []
    for one in found:
        label = labels.get(f"{one.name}-sku" if one.gone else one.name, one.name)
        rows.append(
            {
                "name": one.name,
                "label": label.rsplit(", ", 1)[0] if one.gone else label,
                "theirs": gettext("removed") if one.gone else said(one.name, one.theirs),
                "mine": one.mine if one.gone else said(one.name, one.mine),
                "take_mine": "mine" if one.gone else f"mine-{one.mark}",
                "take_theirs": "theirs" if one.gone else f"theirs-{one.mark}",
            }
        )
    return rows


def _said(name: str, text: str, by_code: Mapping[str, Attribute]) -> str:
    """A value as people read it."""
    last = name.rsplit("-", 1)[-1]
    if name in fields.TICKS or last == "hidden":
        return gettext("yes") if text else gettext("no")
    if name == "state":
        return fields.state_words().get(text, text)
    if name in by_code and by_code[name].choices:
        label = next((one["label"] for one in by_code[name].choices if one["code"] == text), None)
        return Translated.from_json(label).text() if label else text
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


async def offered_draft(session: AsyncSession, account_id: int | None, subject: Subject) -> Draft | None:
    """What this person has typed here and not saved, if it says anything else than what stands."""
    draft = await drafts.find(session, account_id, editing.KIND, subject.id) if account_id else None
    if draft is None:
        return None
    typed = Form({name: text for name, text in draft.typed.items() if isinstance(text, str)})
    known = set(subject.values) | {name for name in typed.values if name.partition("-")[0] in typed["variants"].split()}
    return draft if touched(typed, subject.values) & known else None
