"""Every page on which people's texts show, each with who opens it; for tests that read them and for one that looks."""

from urllib.parse import quote

from abuse.corpus import POLYGLOT
from abuse.hostile import Hostile

from kit.codes import show_code

NOT_OPENED = {
    "/", "/healthz", "/readyz", "/metrics", "/robots.txt", "/api/v1/docs", "/api/v1/openapi.json", "/demo",
    "/demo.json",
    "/r/{token}", "/calendar/{secret}.ics",
    "/{language:language}/my/{token}", "/{language:language}/receipts/{key}", "/{language:language}/staff/events",
    "/{language:language}/staff/second-factor", "/{language:language}/staff/totp",
    "/{language:language}/staff/password/forgotten", "/{language:language}/staff/password/reset/{token}",
    "/{language:language}/staff/password", "/{language:language}/staff/login",
    "/{language:language}/merch/imports/samples/{sample}", "/{language:language}/merch/imports/{id}",
    "/{language:language}/merch/imports/{id}/columns", "/{language:language}/merch/imports/{id}/application",
    "/{language:language}/my/appointments/{code}/sent", "/{language:language}/my/appointments/{code}",
    "/{language:language}/my/appointments/{code}/appointment.ics", "/{language:language}/my/appointments/{code}/move",
    "/{language:language}/my/appointments/{code}/cancel",
}  # fmt: skip
"""Without a text of people, or only on the way elsewhere; the last come by a link in a mail, and are opened by it."""


def opened(one: Hostile) -> list[tuple[str, str]]:
    """All of them."""
    shop = [path if path.startswith("/fr/") else f"/fr{path}" for path in _shop(one)]
    english = (
        "/",
        "/c/lighting",
        "/c/table-lamps",
        "/p/oscar-lamp",
        "/p/hos-en",
        "/stores/rivoli",
        "/collections/the-evening",
    )
    return [*(("lea", path) for path in (*shop, *(f"/en{path}" for path in english))), *_rooms(one)]


def _shop(one: Hostile) -> list[str]:
    """In the shop, as Léa sees it."""
    sku, at = "LUM-0001-LAI", "store=rivoli&service=choisir-un-luminaire"
    words = quote(POLYGLOT)
    return [
        "/", "/catalogue", "/c/luminaires", "/c/lampes-a-poser", "/c/lampes-a-poser?store=rivoli",
        f"/c/lampes-a-poser?brand={words}&sort={words}", "/p/lampe-oscar", "/p/hos-fr", "/p/hos-2", "/p/abat-jour-lin",
        f"/search?q={words}", "/search?q=alert", f"/search/suggestions?q={words}", "/search/suggestions?q=a", "/stores",
        f"/stores?q={words}", "/stores/rivoli", "/stores/quai", "/collections/le-soir",
        f"/reserve?sku={sku}&store=rivoli", "/selection", "/find", "/privacy", "/accessibility",
        "/appointments/new", "/appointments/new/store?service=choisir-un-luminaire", f"/appointments/new/advisor?{at}",
        f"/appointments/new/time?{at}", f"/appointments/new/details?{at}&start={quote(one.at['start'])}",
        f"/my/reservations/{one.at['mine']}", f"/my/reservations/{one.at['mine']}/sent",
        f"/my/reservations/{one.at['mine']}/cancel", f"/my/reservations/{one.at['mine']}/hold.ics",
        one.at["shared"],
    ]  # fmt: skip


def _rooms(one: Hostile) -> list[tuple[str, str]]:
    """In the rooms behind: who opens what."""
    mine, visit, words = show_code(one.at["mine"]), one.at["appointment"], quote(POLYGLOT)
    asked = f"q-{one.ids['lines'][0]}={words}&search-{one.ids['lines'][0]}=1"
    floor = [
        "", "/reservations", f"/reservations?q={words}", f"/reservations/{mine}",
        f"/reservations/{one.at['reservation']}",
        f"/reservations/{mine}?{asked}", "/tasks", "/agenda", "/agenda/new", "/agenda/walk-in",
        "/conflicts", "/settle", f"/appointments/{visit}", f"/appointments/{visit}/move", f"/clients/{visit}",
        "/picking", "/handover", f"/handover?q={words}", "/calendars", "/account",
        one.at["walk-in"].removeprefix("/fr/staff"),
    ]  # fmt: skip
    house = [
        "/stores", f"/stores?q={words}", "/stores/rivoli", "/stores/quai", "/stores/rivoli/hours", "/services",
        "/services/choisir-un-luminaire", "/advisors", "/advisors/nadia", "/spaces", f"/spaces?space={one.at['space']}",
        "/users", f"/users/{one.at['mallory']}", "/keys", "/journal", f"/journal?q={words}&by={words}",
    ]  # fmt: skip
    batches = [one.at[name] for name in ("products", "pairings")]
    merch = [
        "", "/articles", f"/articles?q={words}&brand={words}", "/articles/LUM-0001", "/articles/HOS-0001",
        "/articles/HOS-0002", "/articles/LUM-0013", "/attributes",
        *(f"/attributes?attribute={id_}" for id_ in one.ids["attributes"]),
        "/media", f"/media?q={words}", f"/media/{one.at['media']}", "/collections",
        f"/collections/{one.at['collections']}",
        f"/bulk?ref=LUM-0013&field=brand&value={words}", f"/bulk/{one.at['bulk']}", "/stock", f"/stock?q={words}",
        *(f"/stock/stores/rivoli/variants/{id_}" for id_ in one.ids["variants"]), "/imports", "/imports/new",
        *(f"/imports/{id_}/check" for id_ in batches),
        *(f"/imports/{id_}/report" for id_ in batches),
    ]  # fmt: skip
    return [
        *(("mallory", f"/fr/staff{path}") for path in floor),
        *(("solene", f"/fr/admin{path}") for path in house),
        *(("paul", f"/fr/merch{path}") for path in merch),
        ("solene", f"/fr/merch/imports/{one.at['stores']}/report"),
        ("helene", "/en/staff"),
        ("lea", "/demo/mail"),
    ]
