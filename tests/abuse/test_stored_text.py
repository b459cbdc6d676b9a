"""Scripts, attributes of htmx, links, braces and formulas in every text: shown as text, harmless wherever they go."""

import csv
import io
import json
import re
from typing import Final
from xml.parsers import expat

import pytest
from abuse import addresses
from abuse.corpus import bare
from abuse.hostile import bring
from abuse.markup import Page, faults
from icalendar import Calendar
from sqlalchemy import select
from starlette.routing import Mount

from booking.mailbox import DemoMail
from stores.exchange import batches
from stores.exchange.batches import Batch
from stores.exchange.subjects import Action
from web.exporting import Export, pieces

pytestmark = [
    pytest.mark.xdist_group("stored_text"),  # one worker, so that the world is made once
    pytest.mark.filterwarnings("ignore:.*imghdr:DeprecationWarning"),  # read by a plugin of Apprise
]

BEGINS_LIKE_A_FORMULA: Final = tuple("=+-@\t\r\n\0＝＋－＠")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
POLICY: Final = "default-src 'none'"


# Pages


async def test_no_text_becomes_markup_and_every_text_is_shown(hostile):
    shown, wrong = "", []
    for path, source in hostile.passed:
        wrong += [f"{path}: {fault}" for fault in faults(source)]
        shown += bare(Page(source).text)
    for who, path in addresses.opened(hostile):
        answer = await hostile.people[who].get(path, follow_redirects=True)
        if answer.status_code != 200:
            wrong.append(f"{path}: {answer.status_code}")
        if not answer.headers["content-type"].startswith("text/html"):
            assert answer.headers["x-content-type-options"] == "nosniff"
            continue
        policy = answer.headers["content-security-policy"]
        if POLICY not in policy or "unsafe" in policy:
            wrong.append(f"{path}: {policy}")
        wrong += [f"{path}: {fault}" for fault in faults(answer.text)]
        shown += bare(Page(answer.text).text)
    assert not wrong, "\n".join(wrong)
    corpus = hostile.corpus
    unseen = [corpus.label(number) for number in sorted(hostile.kept) if bare(corpus.told[number]) not in shown]
    assert not unseen, "\n".join(unseen)


async def test_no_page_that_can_show_a_text_is_left_out(hostile):
    routes = [route for route in hostile.app.routes if not isinstance(route, Mount) and "GET" in (route.methods or ())]
    given = {path.partition("?")[0] for _, path in addresses.opened(hostile)}
    files = (".csv", ".xml", "/export", ".json", "/sitemaps/{name}")
    pages = {
        route.path
        for route in routes
        if not route.path.startswith("/api/") and not route.path.endswith(files)
        if not any(route.path_regex.match(address) for address in given)
    }
    assert pages - addresses.NOT_OPENED == set()


# What leaves by mail


async def test_mails_hold_the_texts_as_text(hostile):
    async with hostile.database.work(readonly=True) as session:
        mails = list(await session.scalars(select(DemoMail)))
    assert {mail.template for mail in mails} >= {
        "received",
        "ready",
        "appointment_confirmed",
        "appointment_word",
        "staff_request",
    }
    wrong = []
    for mail in mails:
        wrong += [f"{mail.template}: {fault}" for fault in faults(mail.html, is_mail=True)] if mail.html else []
        if len(mail.subject.splitlines()) > 1 or CONTROL.search(mail.subject):
            wrong.append(f"{mail.template}: {mail.subject!r}")
    assert not wrong, "\n".join(wrong)
    assert any("<img src" in mail.text for mail in mails)


async def test_an_entry_of_a_calendar_has_only_the_lines_that_we_write(hostile):
    answer = await hostile.people["lea"].get(f"/fr/my/reservations/{hostile.at['mine']}/hold.ics")
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert {"ATTACH", "ORGANIZER", "BCC"} & set(event) == set()
    allowed = {
        "UID",
        "DTSTAMP",
        "DTSTART",
        "DTEND",
        "SUMMARY",
        "LOCATION",
        "DESCRIPTION",
        "URL",
        "SEQUENCE",
        "STATUS",
        "CLASS",
        "TRANSP",
        "CREATED",
        "LAST-MODIFIED",
        "GEO",
        "ORGANIZER",
    }
    assert set(event) <= allowed, set(event)


# What the outside world reads


async def test_feeds_and_sitemaps_are_well_formed_and_hold_no_element_of_a_text(hostile):
    lea = hostile.people["lea"]
    places = [f"/feeds/{name}.xml?language={code}" for name in ("products", "local-inventory") for code in ("fr", "en")]
    index = await lea.get("/sitemap.xml")
    places += [
        "/sitemap.xml",
        *(loc.removeprefix("http://vitrine.test") for loc in re.findall(r"<loc>(.*?)</loc>", index.text)),
    ]
    names, texts = set(), ""
    for place in places:
        answer = await lea.get(place)
        assert answer.status_code == 200, place
        assert not CONTROL.search(answer.text), place
        said, found = read_xml(answer.content)
        names |= found
        texts += bare(said) if "feeds" in place else ""
    assert len(places) > 8
    markup = {"script", "img", "svg", "iframe", "a", "b", "i", "p", "div", "style", "math", "body", "object", "form"}
    assert names & markup == set()
    assert "<script>alert(1)</script>" in texts


def read_xml(source: bytes) -> tuple[str, set[str]]:
    """Its words, and the names of its elements."""
    words, names = [], set()
    parser = expat.ParserCreate()
    parser.CharacterDataHandler = words.append
    parser.StartElementHandler = lambda name, attributes: names.add(name)
    parser.Parse(source, True)
    return "".join(words), names


async def test_json_ld_is_json_and_says_the_texts_as_they_are(hostile):
    for path in (
        "/fr/p/lampe-oscar",
        "/fr/p/hos-fr",
        "/fr/stores/rivoli",
        "/fr/stores/quai",
        "/fr/c/luminaires",
        "/fr/collections/le-soir",
    ):
        source = (await hostile.people["lea"].get(path)).text
        (script,) = Page(source).scripts
        assert not CONTROL.search(script)
        assert "<" not in script
        names = [bare(one) for one in names_in(json.loads(script))]
        known = {bare(text) for text in hostile.corpus.told.values()}
        assert set(names) & known, path


def names_in(thing) -> list[str]:
    """Every `name` within."""
    if isinstance(thing, list):
        return [name for one in thing for name in names_in(one)]
    if isinstance(thing, dict):
        own = [thing["name"]] if isinstance(thing.get("name"), str) else []
        return own + [name for one in thing.values() for name in names_in(one)]
    return []


# What is taken away, and brought back


async def exported(one, what: Export) -> bytes:
    """As `vitrine export` writes it."""
    settings = one.app.state.settings
    async with one.database.work() as session:
        return b"".join([piece async for piece in pieces(session, what, settings, by="command", now=one.clock())])


def cells_of(file: bytes, delimiter: str = ",") -> list[list[str]]:
    assert file.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""), delimiter=delimiter))


async def files(one) -> dict[str, list[list[str]]]:
    """Every file that leaves the house, as its cells."""
    found = {str(what): cells_of(await exported(one, what)) for what in Export if not what.startswith("feed-")}
    addresses_ = {
        "articles": ("paul", "/fr/merch/articles.csv", ","),
        "levels": ("paul", "/fr/merch/stock.csv", ","),
        "journal": ("solene", "/fr/admin/journal/export", ";"),
        "rejected": ("paul", f"/fr/merch/imports/{one.at['products']}/rejected.csv", ","),
    }
    for name, (who, path, delimiter) in addresses_.items():
        answer = await one.people[who].get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-disposition"].startswith("attachment")
        assert answer.headers["x-content-type-options"] == "nosniff"
        found[name] = cells_of(answer.content, delimiter)
    return found


async def test_no_cell_that_leaves_the_house_is_a_formula(hostile):
    known = [bare(text) for text in hostile.corpus.told.values()]
    for name, rows in (await files(hostile)).items():
        assert len(rows) > 1, name
        assert len({len(row) for row in rows}) == 1, name
        formulas = [cell for row in rows for cell in row if cell.startswith(BEGINS_LIKE_A_FORMULA)]
        assert formulas == [], name
        if name not in ("reservations", "stock", "levels"):
            text = bare(" ".join(" ".join(row) for row in rows))
            assert any(one in text for one in known), name


@pytest.mark.parametrize("subject", ["products", "stock", "stores", "pairings"])
async def test_what_was_taken_away_and_brought_back_changes_nothing(hostile, subject):
    file = await exported(hostile, Export(subject))
    number = await bring(hostile, "solene" if subject == "stores" else "paul", subject, f"{subject}.csv", file)
    async with hostile.database.work(readonly=True) as session:
        batch = await session.get_one(Batch, int(number))
        counts = {name: count for name, count in batch.counts.items() if count}
        refused = await batches.differences(session, batch, action=Action.REJECTED, limit=9)
        told = [(problem.column, problem.value, problem.sentence) for row in refused for problem in row.problems]
    rows = len(cells_of(file)) - 1
    assert counts.get("unchanged") == rows, (counts, told)
    assert {"created", "updated", "rejected", "hidden"} & set(counts) == set()
    assert await exported(hostile, Export(subject)) == file
