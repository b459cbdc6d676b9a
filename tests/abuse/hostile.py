"""The small world, in which every text that people fill in carries a payload.

Put in as people do: by the forms of the rooms, by the API, by files; by hand only where no door leads to it. `fill`
does it all, and `Hostile.corpus` remembers which text was given to which field.
"""

import csv
import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx2 as httpx
import pytest
from abuse.corpus import Corpus
from abuse.markup import Page
from argon2 import PasswordHasher
from callers import caller
from conftest import SECRET, MovableClock
from factories import PASSWORD, World, advise, both, build
from PIL import Image
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from booking.reservations.tables import Line
from kit.codes import show_code
from kit.db import Database
from kit.settings import Settings
from stores import staff
from stores.attributes import Attribute
from stores.catalogue import Category, Product
from stores.collections import Collection
from stores.exchange.batches import Batch
from stores.media import Medium
from stores.spaces import Space
from stores.staff import passwords
from stores.stock import StoreStock
from web import effects, exchanging, worker
from web.app import create_app
from web.house import House
from web.worker import Office

LINES: Final = "\t\r\n\u2028\u2029"
NOT_WORDS: Final = re.compile(
    r"slug|^d\d-|osm|timezone|itude$|^country|_limit$|-level|^day-|^code$|position|sku|gtin|price|-was$|weight|refs"
    r"|_make_|^words$|^low$|^high$|time$|company_url|notify_url|^ref$|colour|^key$|^phone|email|facts|_words$"
    r"|amount|other-kind|shift-|^site|^q$|^c-|^q-|^cell|^brands$|checklist|_from|_to$|^units$|google_category"
)
"""Fields that hold no words of people, or words that mean something to the program."""
LIMITS: Final = (
    (r"^postcode", 12),
    (r"^unit$", 12),
    (r"^name$|group|floor-|other-kind|^place$", 40),
    (r"o\d_|option|label|reason_|^(first|last)_name|city|^need|place-", 60),
    (r"about|bio|intro|seo_desc", 500),
    (r"^name_|title|entrance|desk|street|way|brand", 80),
)


def limit_of(name: str, given: int) -> int:
    return min(given or 999, next((most for pattern, most in LIMITS if re.search(pattern, name)), 120))


@dataclass
class Hostile:
    """What was made: people in their browsers, where things are, and what each field was given."""

    app: Any
    database: Any
    redis: Any
    clock: Any
    world: World
    corpus: Corpus = field(default_factory=Corpus)
    people: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    """Parts of addresses: codes, numbers, slugs."""
    ids: dict[str, list[int]] = field(default_factory=dict)
    """Of all variants, attributes and lines of reservations."""
    kept: set[int] = field(default_factory=set)
    """Numbers of texts of which a form or a file said that they were taken."""
    passed: list[tuple[str, str]] = field(default_factory=list)
    """Pages that were seen on the way, by their addresses."""

    async def sees(self, who: str, path: str) -> Page:
        source = (await self.people[who].get(path)).text
        self.passed.append((path, source))
        return Page(source)

    async def arrives(self, name: str, email: str = "") -> httpx.AsyncClient:
        """Someone in a browser of her own; staff sign in."""
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.app),
            base_url="http://vitrine.test",
            headers={"sec-fetch-site": "same-origin"},
            timeout=60,
        )
        self.people[name] = client
        if name != "lea":
            sent = {"email": email or f"{name}@aurore.example", "password": PASSWORD}
            answer = await client.post("/fr/staff/login", data=sent)
            assert answer.status_code == 303, answer.text
        return client

    async def fill(
        self,
        who: str,
        path: str,
        action: str = "",
        *,
        only: str = "",
        also: Mapping[str, Any] | None = None,
        **over: Any,
    ) -> httpx.Response:
        """Fill every text of a form with payloads, and press its button; `over` are fields that are said otherwise."""
        page = await self.sees(who, path)
        form = page.form(action or path.partition("?")[0])
        sent = form.values()
        before = set(self.corpus.told)
        said = {**over, **(also or {})}
        for one in form.controls:
            if one.is_text and one.name not in said and not NOT_WORDS.search(one.name) and re.search(only, one.name):
                sent[one.name] = self.corpus.text(f"{path} {one.name}", limit_of(one.name, one.limit))
        sent.update(said)
        answer = await self.people[who].post(form.action or path, data=sent)
        assert answer.status_code in (200, 303), (path, answer.status_code, wrongs(answer.text))
        self.kept |= set(self.corpus.told) - before
        return answer

    def says(self, about: str, limit: int = 120, *, without: str = "") -> str:
        text = self.corpus.text(about, limit, without=without)
        self.kept.add(len(self.corpus.told))
        return text

    async def close(self) -> None:
        for client in self.people.values():
            await client.aclose()


def wrongs(source: str) -> list[str]:
    """What a page says is wrong with a form."""
    found = re.findall(
        r'<(?:p|span|li|a)[^>]*(?:-error|class="err|href="#)[^>]*>(.*?)</(?:p|span|li|a)>', source, re.DOTALL
    )
    return [re.sub(r"\s+|<[^>]+>", " ", one).strip()[:200] for one in found][-40:]


@asynccontextmanager
async def hostile_world(settings: Settings, engine: AsyncEngine, redis: Any) -> AsyncIterator[Hostile]:
    """The site on an empty database, and everything filled in."""
    await redis.flushdb()
    clock, database = MovableClock(), Database(engine, effects.performer(redis))
    app = create_app(settings, clock=clock, database=database, redis=redis, house=House("Aurore", fresh_for=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        async with app.router.lifespan_context(app):
            one = await fill(app, database, redis, clock)
            yield one
            await one.close()


def settings_of(database_url: str, redis_url: str, folder: Path) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        data_dir=folder,
        base_url="http://vitrine.test",
        secret_key=SECRET,
        limits="off",
        demo=True,
    )


async def fill(app: Any, database: Any, redis: Any, clock: Any) -> Hostile:
    """The whole of it."""
    async with database.work() as session:
        world = await build(session, now=clock())
        await advise(session, world, now=clock())
    one = Hostile(app, database, redis, clock, world)
    await one.arrives("lea")
    for name in ("paul", "solene", "helene"):
        await one.arrives(name)
    await _by_hand(one)
    await _house(one)
    await _catalogue(one)
    await _files(one)
    await _programs(one)
    await _shopper(one)
    await _floor(one)
    return one


async def _by_hand(one: Hostile) -> None:
    """What no form changes: the texts of categories; a colleague with a name, who can sign in at once."""
    async with one.database.work() as session:
        await session.execute(update(Product).where(Product.ref == "MEU-0001").values(slug_fr="canape-berthe"))
        for category in (one.world.lighting, one.world.lamps):
            values = {
                name: both(one.says(f"category {name}", 200), one.says(f"category {name} en", 200))
                for name in ("name", "intro")
            }
            await session.execute(update(Category).where(Category.id == category.id).values(**values))
        account, _ = await staff.add_account(
            session,
            "mallory@aurore.example",
            "manager",
            first_name=one.says("account first_name", 60),
            last_name=one.says("account last_name", 60),
            store_ids=[one.world.rivoli.id],
            password=PASSWORD,
            now=one.clock(),
        )
        one.at["mallory"] = str(account.id)
    await one.arrives("mallory")


async def _house(one: Hostile) -> None:
    """Stores, their days, services, advisors, spaces, people, keys: Solène at her desk."""
    admin, rivoli = "/fr/admin", one.world.rivoli.id
    floors = {"floor-1-level": "1", "floor-2-level": "2"}
    await one.fill("solene", f"{admin}/stores/rivoli", also={**floors, **_texted(one, "sms_name", "desk_sms")})
    day = {"day": "2026-12-10", "closed": "", "day-0-from": "10:00", "day-0-to": "16:00"}
    await one.fill("solene", f"{admin}/stores/rivoli/hours", f"{admin}/stores/rivoli/days", also=day)
    lists = {f"checklist_{code}": one.says(f"checklist {code}", 90) for code in ("fr", "en")}
    places = [f"sms-{store.id}" for store in (one.world.rivoli, one.world.kleber, one.world.lyon)]
    await one.fill("solene", f"{admin}/services/choisir-un-luminaire", also={**lists, **_texted(one, *places)})
    await one.fill("solene", f"{admin}/advisors/nadia", f"{admin}/advisors/nadia")
    await one.fill("solene", f"{admin}/spaces", store="rivoli", kind="table")
    one.at["space"] = str(await _number(one, Space.id))
    await one.fill("solene", f"{admin}/users", email="invited@aurore.example", also={f"at-{rivoli}": "1"})
    await one.fill("solene", f"{admin}/keys", also={"scope-stock": "1", "scope-read": "1", "scope-reserve": "1"})


def _texted(one: Hostile, *names: str) -> dict[str, str]:
    """For what stands in an SMS: sixteen signs, all of them of the GSM alphabet."""
    return {name: one.says(name, 14, without="<>{}[]|~^＝＋－＠\t\r\u202e") for name in names}


async def _catalogue(one: Hostile) -> None:
    """Attributes, an image, an article with everything, a collection: Paul at his."""
    merch = "/fr/merch"
    await one.fill("paul", f"{merch}/attributes", code="fabric", kind="choice", facet="1", unit="")
    await one.fill("paul", f"{merch}/attributes", code="made", kind="text", only="^label")
    await one.fill("paul", f"{merch}/attributes", code="width", kind="number", only="^label|unit")
    image = io.BytesIO()
    Image.new("RGB", (900, 900), "#c8b28a").save(image, "PNG")
    name = "<img src=x onerror=alert(1)>.png"
    sent = await one.people["paul"].post(f"{merch}/media", files={"files": (name, image.getvalue(), "image/png")})
    assert sent.status_code == 303, wrongs(sent.text)
    one.at["media"] = str(await _number(one, Medium.id))
    await one.fill("paul", f"{merch}/media/{one.at['media']}")
    long = {
        f"{name}_{code}": one.corpus.everything(f"{name} {code}") for name in ("story", "care") for code in ("fr", "en")
    }
    facts = {
        f"facts_{code}": f"{one.says('fact', 80, without=':' + LINES)}: {one.says('fact value', without=LINES)}"
        for code in ("fr", "en")
    }
    first = f"{merch}/articles/LUM-0001"
    picture = f"m{one.at['media']}"
    other = await _number(one, Product.id, Product.ref == "LUM-0013")
    rows = {"pictures": picture, f"{picture}-position": "0", f"{picture}-variant": "", "pairings": f"g{other}",
            f"g{other}-position": "0", f"g{other}-reason_fr": one.says("reason"),
            f"g{other}-reason_en": one.says("reason en")}  # fmt: skip
    told = {
        "google_category": one.says("google_category", 60),
        "attr-width": "42",
        "attr-fabric": await _choice(one, first, "attr-fabric"),
    }
    none = {f"option{place}_{code}": "" for place in (2, 3) for code in ("fr", "en")}
    await one.fill("paul", first, also={**long, **facts, **rows, **told, **none})
    one.kept |= {number for number in one.corpus.told if one.corpus.fields[number].startswith(("story", "care"))}
    evening = {"slug_fr": "le-soir", "slug_en": "the-evening", "refs": "LUM-0001 LUM-0013", "on_home": "1"}
    await one.fill("paul", f"{merch}/collections/new", state="published", do="publish", also=evening)
    one.at["collections"] = str(await _number(one, Collection.id))
    bulk = {"ref": "LUM-0013", "field": "brand", "value": one.says("bulk brand", 80)}
    sent = await one.people["paul"].post(f"{merch}/bulk", data=bulk)
    assert sent.status_code == 303, wrongs(sent.text)
    one.at["bulk"] = sent.headers["location"].rsplit("/", 1)[-1]
    sent = await one.people["paul"].post(f"{merch}/bulk/{one.at['bulk']}/application", data={})
    assert sent.status_code == 303, wrongs(sent.text)
    await exchanging.run(one.database, one.clock, int(one.at["bulk"]))


async def _choice(one: Hostile, path: str, name: str) -> str:
    """The first choice that a form offers."""
    page = await one.sees("paul", path)
    control = next(control for control in page.form(path).controls if control.name == name)
    return next(filter(None, control.options))


async def _number(one: Hostile, column: Any, *where: Any) -> int:
    """The newest row's, of those."""
    async with one.database.work(readonly=True) as session:
        return int(await session.scalar(select(column).where(*where).order_by(column.desc()).limit(1)))


PRODUCT_TEXTS: Final = (
    "name:fr", "name:en", "brand", "story:fr", "story:en", "care:fr", "care:en", "seo_title:fr", "seo_title:en",
    "seo_description:fr", "seo_description:en", "google_category", "option1_name:fr", "option1:fr", "option1:en",
    "option2_name:fr", "option2:fr", "attribute:made:fr", "attribute:made:en",
)  # fmt: skip


def sheet(rows: list[dict[str, str]]) -> bytes:
    """Our own file, as nobody has guarded it."""
    named = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    csv.writer(text).writerows([named, *([row.get(name, "") for name in named] for row in rows)])
    return text.getvalue().encode()


async def _files(one: Hostile) -> None:
    """A file of articles by the wizard, with a row that is refused; pairings and a store likewise."""
    taken = {
        "sku": "HOS-0001-A", "ref": "HOS-0001", "category": "lampes-a-poser", "state": "published", "price": "45.00",
        "slug:fr": "hos-fr", "slug:en": "hos-en", "option1_name:en": "Size",
        "facts:fr": f"Label {one.says('file fact', 60, without=':|' + LINES)}: 1",
        **{name: one.says(f"file {name}", 55 if name[:6] in ("option", "brand") else 200) for name in PRODUCT_TEXTS},
    }  # fmt: skip
    sku = one.corpus.text("file sku with a formula", 40)
    odd = {"sku": sku, "ref": "HOS-0002", "category": "lampes-a-poser", "state": "published", "price": "12.00",
           "name:fr": one.says("file odd name", 80), "slug:fr": "hos-2"}  # fmt: skip
    refused = {"sku": "HOS-0003", "ref": "HOS-0003", "category": one.says("file bad category", 60),
               "price": "=1+1", "name:fr": one.corpus.text("file refused name", 60),
               "state": one.says("file bad state", 60)}  # fmt: skip
    unknown = one.says("file header", 60)
    name = one.says("file name", 60, without='/\\"\r\n') + ".csv"
    one.at["products"] = await bring(
        one, "paul", "products", name, sheet([{**row, unknown: "x"} for row in (taken, odd, refused)])
    )
    pair = {
        "product": "HOS-0001",
        "other": "LUM-0001",
        "reason:fr": one.says("file reason"),
        "reason:en": one.says("file reason en"),
    }
    back = {**pair, "product": "LUM-0001", "other": "HOS-0001"}
    one.at["pairings"] = await bring(one, "paul", "pairings", "pairings.csv", sheet([pair, back]))
    texts = ("name", "group", "street", "city", "entrance:fr", "entrance:en", "desk:fr", "desk:en", "about:fr",
             "about:en", "directions:fr", "services:fr", "services:en")  # fmt: skip
    place = {
        "slug": "quai", "sms_name": "Aurore Quai", "postcode": "75006", "country": "FR", "latitude": "48.85",
        "longitude": "2.33", "phone": "+33199001235", "email": "quai@aurore.example", "timezone": "Europe/Paris",
        "region": "FR", "language": "fr", "opening_hours": "Mo-Sa 10:00-20:00", "desk_sms": "accueil",
        **{name: one.says(f"file store {name}", 60, without="|" + LINES) for name in texts},
    }  # fmt: skip
    one.at["stores"] = await bring(one, "solene", "stores", "stores.csv", sheet([place]))


async def bring(one: Hostile, who: str, subject: str, name: str, file: bytes) -> str:
    """A file through the wizard, step by step; the number of its batch."""
    paths, client = "/fr/merch/imports", one.people[who]
    sent = await client.post(f"{paths}/new", data={"subject": subject}, files={"file": (name, file, "text/csv")})
    assert sent.status_code == 303, (subject, wrongs(sent.text))
    number = str(await _number(one, Batch.id))
    page = await one.sees(who, f"{paths}/{number}/columns")
    form = page.form(f"{number}/columns", holding="columns_in")
    sent = await client.post(form.action, data=form.values())
    assert sent.status_code == 303, (subject, wrongs(sent.text))
    await exchanging.run(one.database, one.clock, int(number))
    page = await one.sees(who, f"{paths}/{number}/check")
    if any(form.action.endswith(f"{number}/application") for form in page.forms):
        form = page.form(f"{number}/application")
        sent = await client.post(form.action, data=form.values())
        assert sent.status_code == 303, (subject, wrongs(sent.text))
        await exchanging.run(one.database, one.clock, int(number))
    return number


async def _programs(one: Hostile) -> None:
    """A till that counts and sells, a program that reserves and books: by the API."""
    key = await _key(one, "stock", "reserve", "read")
    async with caller(one.app, key) as till:
        levels = {
            "event_id": one.corpus.text("stock event", 100),
            "source": one.says("stock source", 55),
            "counted_at": one.clock().isoformat(),
            "levels": [{"store": "rivoli", "sku": "HOS-0001-A", "on_hand": 4}],
        }
        moves = {
            "event_id": one.corpus.text("movement event", 100),
            "source": one.says("movement source", 55),
            "movements": [{"store": "rivoli", "sku": "LUM-0001-LAI", "delta": -1, "reason": "damage"}],
        }
        counted = await till.put("/api/v1/stock", json=levels)
        moved = await till.post("/api/v1/stock/movements", json=moves)
        assert (counted.status_code, moved.status_code) == (200, 200), counted.text + moved.text
        wish = {
            "store": "rivoli",
            "lines": [{"sku": sku, "quantity": 1} for sku in ("HOS-0001-A", "LUM-0013-30")],
            "customer": _person(one, "api"),
            "note": one.says("api note", 480),
        }
        made = await till.post("/api/v1/reservations", json=wish)
        assert made.status_code == 201, made.text
        one.at["reservation"] = made.json()["code"]
        visit = {
            "store": "rivoli",
            "service": "choisir-un-luminaire",
            "start": (one.clock() + timedelta(days=1, hours=2, minutes=30)).isoformat(),
            "customer": _person(one, "api visit"),
            "answers": {"room": one.says("api answer", 300)},
            "access": one.says("api access", 300),
            "note": one.says("api visit note", 300),
            "items": [{"sku": "LUM-0001-LAI", "quantity": 1}],
        }
        made = await till.post("/api/v1/appointments", json=visit)
        assert made.status_code == 201, made.text
        one.at["appointment"], one.at["start"] = made.json()["code"], visit["start"]


async def _key(one: Hostile, *scopes: str) -> str:
    async with one.database.work() as session:
        return await staff.add_key(session, one.says("api key", 60), scopes, None, now=one.clock())


def _person(one: Hostile, about: str) -> dict[str, str]:
    names = {name: one.says(f"{about} {name}", 80) for name in ("first_name", "last_name")}
    return {**names, "email": "lea@exemple.fr", "language": "fr"}


async def _shopper(one: Hostile) -> None:
    """Léa reserves, keeps a selection with a note, and shows it."""
    lea = one.people["lea"]
    await lea.post("/fr/stores", data={"store": "rivoli"})
    asked = "/fr/reserve?sku=LUM-0001-LAI&store=rivoli"
    note = one.says("note", 480)
    sent = await one.fill(
        "lea", asked, "/fr/reserve", email="lea@exemple.fr", contact="email", note=note, company_url=""
    )
    one.at["sent"] = sent.headers["location"]
    one.at["mine"] = one.at["sent"].removesuffix("/sent").rsplit("/", 1)[-1]
    await lea.post("/fr/selection", data={"sku": "LUM-0001-LAI"})
    await one.fill("lea", "/fr/selection", "/fr/selection/note")
    await lea.post("/fr/selection/share")
    one.at["shared"] = re.findall(r"/fr/selection/shared/[\w-]+", (await lea.get("/fr/selection")).text)[0]


async def _floor(one: Hostile) -> None:
    """Mallory, whose name is a payload, answers, prepares, writes, counts, cancels; a visit ends with a promise."""
    mine, visit = show_code(one.at["mine"]), one.at["appointment"]
    room, there = f"/fr/staff/reservations/{mine}", f"/fr/staff/appointments/{visit}"
    await one.fill("mallory", room, f"{room}/answer", at_desk="1", also=await _answers(one))
    await one.fill("mallory", there, f"{there}/notes")
    await one.fill("mallory", there, f"{there}/message", word="free")
    walked = await one.fill("mallory", "/fr/staff/agenda/walk-in", service="choisir-un-luminaire")
    here = one.at["walk-in"] = walked.headers["location"]
    await one.fill("mallory", here, f"{here}/begin")
    tomorrow = (one.clock() + timedelta(days=2)).date().isoformat()
    await one.fill("mallory", here, f"{here}/complete", outcome="nothing", follow_up_at=tomorrow)
    await one.fill(
        "paul", "/fr/merch/stock", also={"reason": "other", f"c-{one.world.shade.id}-{one.world.rivoli.id}": "3"}
    )
    one.at["cell"] = f"/stock/stores/rivoli/variants/{one.world.shade.id}"
    other = f"/fr/staff/reservations/{one.at['reservation']}"
    await deliver(one)
    await one.fill("mallory", other, f"{other}/cancel")
    async with one.database.work(readonly=True) as session:
        for name, column in (("variants", StoreStock.variant_id), ("attributes", Attribute.id), ("lines", Line.id)):
            one.ids[name] = sorted(set(await session.scalars(select(column))))
    await one.fill("mallory", there, f"{there}/cancel")
    await deliver(one)


async def deliver(one: Hostile) -> None:
    """What the worker sends, into the mailbox of the demo."""
    office = Office(one.app.state.settings, one.redis)
    await office.database.engine.dispose()
    office.database, office.clock = one.database, one.clock
    await worker.tick(office)
    await worker.deliver(office)


async def _answers(one: Hostile) -> dict[str, str]:
    async with one.database.work(readonly=True) as session:
        ids = await session.scalars(select(Line.id).order_by(Line.id))
    return {f"answer-{id_}": "found" for id_ in ids}
