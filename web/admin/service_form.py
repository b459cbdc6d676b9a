"""The fields of a service: what stands in them, and what a form makes of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.gsm import gsm_length, gsm_plain
from kit.languages import LANGUAGES, Translated, gettext, pgettext
from stores.advisors import Skill
from stores.places import Store
from stores.services import Service
from stores.slugs import slug_of
from web.admin.typed import Form, of_pair, tick
from web.admin.words import cut_off_words, lead_words, long_words, space_words

QUESTIONS = 3
MEETING_SIGNS = 16
LEADS = (0, 30, 60, 120, 240, 720, 1440, 2880, 4320, 10080)
CUT_OFFS = (0, 60, 120, 240, 720, 1440, 2880, 4320)
PREFERRED, REQUIRED = "preferred", "required"
TEXTS = ("name", "need", "about", "bring")


@dataclass(frozen=True)
class Said:
    """A service as a form says it."""

    values: dict[str, Any]
    skills: dict[int, bool]
    stores: Sequence[tuple[int, bool, Translated, str]]
    """(store, gives it, meeting point, the same in an SMS)"""


def values_of(service: Service | None, stores: Sequence[Store], skills: Sequence[Skill]) -> dict[str, str]:
    """What stands in the fields; of a service that is not there yet, what most have."""
    one = service or Service(
        slug="", name=Translated(), need=Translated(), about=Translated(), bring=Translated(), category_id=None,
        duration=45, preparation=0, wrap_up=0, step=30, lead_minutes=120, horizon_days=60, cancel_minutes=0,
        move_minutes=0, max_party=4, space_kind="", needs_approval=False, questions=[], checklist=[], active=True,
        skills=[], stores=[],
    )  # fmt: skip
    values = {key: value for name in TEXTS for key, value in of_pair(name, getattr(one, name)).items()}
    for name in ("duration", "preparation", "wrap_up", "step", "lead_minutes", "horizon_days", "cancel_minutes"):
        values[name] = str(getattr(one, name))
    values |= {
        "move_minutes": str(one.move_minutes),
        "max_party": str(one.max_party),
        "category": str(one.category_id or ""),
        "space_kind": one.space_kind,
        "needs_approval": tick(one.needs_approval),
        "active": tick(one.active),
    }
    for number in range(QUESTIONS):
        values |= _question_values(number, one.questions[number] if number < len(one.questions) else {})
    for code in LANGUAGES:
        values[f"checklist_{code}"] = "\n".join(line.get(code, "") for line in one.checklist)
    asked = {row.skill_id: REQUIRED if row.required else PREFERRED for row in one.skills}
    values |= {f"skill-{skill.id}": asked.get(skill.id, "") for skill in skills}
    given = {row.store_id: row for row in one.stores}
    for store in stores:
        row = given.get(store.id)
        values[f"store-{store.id}"] = tick(row is not None and row.active)
        values |= of_pair(f"place-{store.id}", row.meeting_point if row else {})
        values[f"sms-{store.id}"] = row.meeting_sms if row else ""
    return values


def _question_values(number: int, question: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"question-{number}-key": question.get("key", ""),
        **of_pair(f"question-{number}-label", question.get("label", {})),
        **of_pair(f"question-{number}-example", question.get("example", {})),
        f"question-{number}-required": tick(question.get("required", False)),
    }


def read(form: Form, stores: Sequence[Store], skills: Sequence[Skill], categories: Sequence[int]) -> Said:
    """What the form says. Raises `Invalid`, with what is wrong beside each field."""
    category = form.choice("category", gettext("Department"), ["", *map(str, categories)])
    values: dict[str, Any] = {
        "name": form.pair("name", gettext("Name"), limit=80, needed=True),
        "need": form.pair("need", gettext("Need"), limit=80, needed=True),
        "about": form.pair("about", gettext("In a few sentences"), limit=1200, lines=True),
        "bring": form.pair("bring", gettext("What to bring"), limit=300),
        "category_id": int(category) if category.isdigit() else None,
        "duration": form.number("duration", gettext("Length"), 5, 480, 5),
        "preparation": form.number("preparation", gettext("Preparation"), 0, 240, 5),
        "wrap_up": form.number("wrap_up", gettext("Wrap-up"), 0, 240, 5),
        "step": form.number("step", gettext("A start every"), 5, 480, 5),
        "lead_minutes": form.number("lead_minutes", gettext("Booked at the latest"), 0, 43200, 5),
        "horizon_days": form.number("horizon_days", gettext("Days ahead"), 1, 730),
        "move_minutes": form.number("move_minutes", gettext("Moved by the shopper"), 0, 43200, 5),
        "cancel_minutes": form.number("cancel_minutes", gettext("Cancelled by the shopper"), 0, 43200, 5),
        "max_party": form.number("max_party", gettext("People at most"), 1, 20),
        "space_kind": re.sub(r"[^a-z0-9_]", "", form["space_kind"])[:40],
        "needs_approval": form.ticked("needs_approval"),
        "active": form.ticked("active"),
        "questions": _questions(form),
        "checklist": _checklist(form),
    }
    levels = {skill.id: form[f"skill-{skill.id}"] for skill in skills}
    said = Said(
        values,
        {skill_id: level == REQUIRED for skill_id, level in levels.items() if level in (PREFERRED, REQUIRED)},
        [(store.id, form.ticked(f"store-{store.id}"), *_meeting(form, store)) for store in stores],
    )
    form.check()
    return said


def _questions(form: Form) -> list[dict[str, Any]]:
    """Each keeps its key, by which the answers already given are found again."""
    found: list[dict[str, Any]] = []
    for number in range(QUESTIONS):
        name, title = f"question-{number}", gettext("Question %(number)d", number=number + 1)
        example = form.pair(f"{name}-example", title)
        label = form.pair(f"{name}-label", title, needed=bool(form.pair(f"{name}-label", title) or example))
        if not label:
            continue
        taken = {one["key"] for one in found} | {
            form[f"question-{other}-key"] for other in range(number + 1, QUESTIONS)
        }
        key = re.sub(r"[^a-z0-9-]", "", form[f"{name}-key"])[:40] or slug_of(label.text("en"))[:40] or "question"
        while key in taken:
            key += "-2"
        found.append({"key": key, "label": label, "example": example, "required": form.ticked(f"{name}-required")})
    return found


def _checklist(form: Form) -> list[dict[str, str]]:
    """One thing to prepare a line; the same line of both languages is the same thing."""
    by_language = {code: form.lines(f"checklist_{code}") for code in LANGUAGES}
    if len({len(lines) for lines in by_language.values()}) > 1:
        words = gettext(
            "Checklist: %(fr)d lines in French and %(en)d in English. Write the same number.",
            fr=len(by_language["fr"]), en=len(by_language["en"]),
        )  # fmt: skip
        form.wrong("checklist_en", words)
        return []
    return [dict(zip(LANGUAGES, line, strict=True)) for line in zip(*by_language.values(), strict=True)]


def _meeting(form: Form, store: Store) -> tuple[Translated, str]:
    place = form.pair(f"place-{store.id}", store.name, limit=80)
    short = gsm_plain(form.line(f"sms-{store.id}", 40))
    form.values[f"sms-{store.id}"] = short
    length = gsm_length(short)
    if length is None:
        words = gettext("%(store)s: an SMS does not know every sign of “%(text)s”. Leave out ê, ç and ’.",
                        store=store.name, text=short)  # fmt: skip
        form.wrong(f"sms-{store.id}", words)
    elif length > MEETING_SIGNS:
        words = gettext("%(store)s: in an SMS the meeting point has 16 signs at most; this has %(num)d.",
                        store=store.name, num=length)  # fmt: skip
        form.wrong(f"sms-{store.id}", words)
    return place, short


def missing_in(service: Service) -> list[str]:
    """The languages in which some text of it is missing."""
    texts = [service.name, service.need]
    texts += [text for text in (service.about, service.bring, *(row.meeting_point for row in service.stores)) if text]
    texts += [Translated(question[part]) for question in service.questions for part in ("label", "example")
              if question.get(part)]  # fmt: skip
    texts += [Translated(line) for line in service.checklist]
    return [code for code in LANGUAGES if any(code in text.missing() for text in texts)]


# What a field and its value are called, where two people changed it


def labels(stores: Sequence[Store], skills: Sequence[Skill]) -> dict[str, str]:
    """What each field is called."""
    languages = {"fr": gettext("French"), "en": gettext("English")}

    def both(name: str, label: str) -> dict[str, str]:
        return {
            f"{name}_{code}": gettext("%(field)s (%(language)s)", field=label, language=spoken)
            for code, spoken in languages.items()
        }

    known = {
        **both("name", gettext("Name")), **both("need", gettext("Need")),
        **both("about", gettext("In a few sentences")), **both("bring", gettext("What to bring")),
        **both("checklist", gettext("Checklist")),
        "category": gettext("Department"), "duration": gettext("Length"), "preparation": gettext("Preparation"),
        "wrap_up": gettext("Wrap-up"), "step": gettext("A start every"),
        "lead_minutes": gettext("Booked at the latest"),
        "horizon_days": gettext("Days ahead"), "move_minutes": gettext("Moved by the shopper"),
        "cancel_minutes": gettext("Cancelled by the shopper"), "max_party": gettext("People at most"),
        "space_kind": gettext("Space"), "needs_approval": gettext("A colleague confirms it"),
        "active": gettext("Can be booked"),
    }  # fmt: skip
    for number in range(QUESTIONS):
        title = gettext("Question %(number)d", number=number + 1)
        known |= both(f"question-{number}-label", title)
        known |= both(f"question-{number}-example", gettext("%(question)s, example", question=title))
        known[f"question-{number}-required"] = gettext("%(question)s, answer needed", question=title)
    known |= {f"skill-{skill.id}": skill.name.text() for skill in skills}
    for store in stores:
        known[f"store-{store.id}"] = store.name
        known |= both(f"place-{store.id}", gettext("%(store)s, meeting point", store=store.name))
        known[f"sms-{store.id}"] = gettext("%(store)s, in an SMS", store=store.name)
    return known


def shown(name: str, value: str, categories: Mapping[str, str]) -> str:
    """A value as people read it."""
    ticked = name in ("needs_approval", "active") or name.endswith("-required") or name.startswith("store-")
    if ticked:
        return gettext("yes") if value else gettext("no")
    if not value:
        return pgettext("value", "nothing")
    if name == "category":
        return categories.get(value, value)
    if name == "space_kind":
        return space_words(value)
    if name.startswith("skill-"):
        return skill_levels().get(value, value)
    if value.isdigit() and name == "lead_minutes":
        return lead_words(int(value))
    if value.isdigit() and name in ("move_minutes", "cancel_minutes"):
        return cut_off_words(int(value))
    if value.isdigit() and name in ("duration", "preparation", "wrap_up", "step"):
        return long_words(int(value))
    return value


def skill_levels() -> dict[str, str]:
    return {"": gettext("not asked for"), PREFERRED: gettext("preferred"), REQUIRED: gettext("required")}
