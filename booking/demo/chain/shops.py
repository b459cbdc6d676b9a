"""The stores of a chain and those who work there."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

from booking.demo import towns
from booking.demo.chain.families import DEPARTMENTS
from booking.demo.chain.words import Words
from booking.demo.letters import plain, slug
from kit.gsm import gsm_length, gsm_plain
from stores.places import Store

STRIDE = 37
SMS_NAME = 16
HOURS = (
    "Mo-Sa 10:00-19:30; Su off",
    "Mo-We,Fr-Sa 10:00-20:00; Th 10:00-21:00; Su 11:00-19:00",
    "Mo 14:00-19:00; Tu-Sa 09:30-19:00; Su off",
    "Tu-Sa 10:00-12:30,14:00-19:00; Mo,Su off",
    "Mo-Sa 09:00-20:00; Su 09:30-12:30",
)
FIRST_NAMES = (
    "Alix", "Basile", "Chloé", "Damien", "Élodie", "Farid", "Gwenaëlle", "Hakim", "Iris", "Jules", "Karine", "Louis",
    "Maëlle", "Nabil", "Océane", "Paul", "Quentin", "Rachel", "Samir", "Tiphaine", "Ulysse", "Valérie", "Yves", "Zoé",
)  # fmt: skip
LAST_NAMES = (
    "Andrieu", "Besson", "Carlier", "Delmas", "Estève", "Ferrand", "Gilbert", "Huguet", "Imbert", "Jourdan", "Klein",
    "Lacroix", "Maillard", "Nicolas", "Ollivier", "Pasquier", "Renaud", "Sabatier", "Tanguy", "Valette",
)  # fmt: skip


class Shop(NamedTuple):
    """A store, as the stock needs it."""

    id: int
    levels: Mapping[str, int]
    """On which floor each department is."""


def shop(store: Store) -> Shop:
    return Shop(store.id, {code: floor["level"] for floor in store.floors for code in floor["departments"]})


def store_rows(count: int) -> Iterator[dict[str, Any]]:
    """Stores all over the country, the second one of a town with a number to its name."""
    known, named = towns.known(), Counter[str]()
    for number in range(count):
        # a stride that has no factor in common with the list, so that few stores are far apart already
        town = known[number * STRIDE % len(known)]
        named[town.name] += 1
        yield _store_row(number, town, named[town.name])


def _store_row(number: int, town: towns.Known, ordinal: int) -> dict[str, Any]:
    label = f"{town.name} {ordinal}" if ordinal > 1 else town.name
    name = slug(label)
    return {
        "slug": name,
        "name": f"Aurore {label}",
        "sms_name": _for_sms(label),
        "group": f"region-{town.postcode[:2]}",
        "language": "fr",
        "street": f"{number % 90 + 1} rue de la Gare",
        "postcode": town.postcode,
        "city": town.name,
        "country": "FR",
        "latitude": round(town.latitude + ordinal * 0.004, 5),
        "longitude": town.longitude,
        # 01 99 00 xx xx: kept by the ARCEP for fiction
        "phone": f"+3319900{number % 10_000:04}",
        "email": f"{name}@aurore.example",
        "timezone": _OVERSEAS.get(town.postcode[:3], _MAINLAND)[1],
        "region": _region(town.postcode),
        "hours_osm": HOURS[number % len(HOURS)],
        "opens_on": None,
        "closes_on": None,
        "answer_minutes": 60,
        "hold_days": 2,
        "ready_hours": 4,
        "safety": 0,
        "low_threshold": 1,
        "auto_confirm": number % 4 == 1,
        "auto_confirm_limit_minor": 15_000,
        "stock_authority": "feed" if number % 5 == 2 else "vitrine",
        "entrance": {"fr": "entrée rue de la Gare", "en": "rue de la Gare entrance"},
        "desk": {"fr": "Accueil réservations, rez-de-chaussée", "en": "Reservations desk, ground floor"},
        "desk_sms": "accueil RDC",
        "about": {
            "fr": f"Votre magasin Aurore à {town.name}, sur trois niveaux.",
            "en": f"Your Aurore store in {town.name}, on three levels.",
        },
        "directions": {
            "fr": ["À cinq minutes à pied de la gare.", "Entrée de plain-pied, ascenseur vers tous les niveaux."],
            "en": ["A five-minute walk from the station.", "Step-free entrance, lift to every level."],
        },
        "floors": _floors(number),
        "services": [{"fr": "Paquet cadeau", "en": "Gift wrapping"}],
    }


_MAINLAND = ("FR", "Europe/Paris")
_OVERSEAS = {
    "971": ("FR-971", "America/Guadeloupe"),
    "972": ("FR-972", "America/Martinique"),
    "973": ("FR-973", "America/Cayenne"),
    "974": ("FR-974", "Indian/Reunion"),
    "976": ("FR-976", "Indian/Mayotte"),
}
_ALSACE_MOSELLE = {"57": "FR-57", "67": "FR-6AE", "68": "FR-6AE"}


def _region(postcode: str) -> str:
    """Whose public holidays: Alsace and Moselle have two more, each overseas department one of its own."""
    return _ALSACE_MOSELLE.get(postcode[:2]) or _OVERSEAS.get(postcode[:3], _MAINLAND)[0]


def _floors(number: int) -> list[dict[str, Any]]:
    """Three floors, on which each store puts the departments in a turn of its own."""
    codes = list(DEPARTMENTS)
    turn = number % len(codes)
    turned = codes[turn:] + codes[:turn]
    names = (
        Words("Rez-de-chaussée", "Ground floor"), Words("1ᵉʳ étage", "1st floor"), Words("2ᵉ étage", "2nd floor"),
    )  # fmt: skip
    return [
        {"level": level, "name": name._asdict(), "departments": turned[start:end]}
        for level, (name, (start, end)) in enumerate(zip(names, pairwise((0, 3, 6, 8)), strict=True))
    ]


def _for_sms(label: str) -> str:
    """At most 16 signs that an SMS can carry: with the name of the house where that fits."""
    spelt = "".join(sign if gsm_length(sign) else plain(sign) for sign in gsm_plain(label))
    whole = f"Aurore {spelt}"
    return (whole if len(whole) <= SMS_NAME else spelt)[:SMS_NAME].strip(" -")


def people(seed: int, stores: Sequence[Store]) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Three advisors and a manager in each store, and two at head office, with the stores of each."""
    rng = Random(f"{seed}: people")
    posts: list[tuple[str, str, list[int]]] = [
        (role, f"{role}{number}.{store.slug}", [store.id])
        for store in stores
        for role, number in (("advisor", 1), ("advisor", 2), ("advisor", 3), ("manager", 1))
    ]
    posts += [(role, role, []) for role in ("merchandiser", "admin")]
    for role, mailbox, store_ids in posts:
        person = {
            "email": f"{mailbox}@aurore.example",
            "first_name": rng.choice(FIRST_NAMES),
            "last_name": rng.choice(LAST_NAMES),
            "role": role,
            "language": "fr",
        }
        yield person, store_ids
