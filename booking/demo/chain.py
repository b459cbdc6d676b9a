"""A chain at scale, for load tests: many stores, many products, about seven stores for each variant. Repeatable.

The same `seed` and `now` make the same rows; only ids and links differ. What would be millions of INSERTs goes in by
COPY, a chunk to a transaction, so that no transaction is long and an interrupted run can be seen for what it is.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking.demo import aurore, towns, week
from booking.demo.pictures import draw
from booking.demo.pictures.sheet import HEIGHT, WIDTH
from kit.gsm import gsm_length, gsm_plain
from stores.catalogue import State
from stores.places import Store
from stores.stock import Kind

Transaction = Callable[[], AbstractAsyncContextManager[AsyncSession]]
"""Opens a transaction that is committed on the way out: `kit.db.Database.work`."""

STRIDE = 37
SMS_NAME = 16
CHUNK = 2_000
"""Products to a transaction."""
STORES_OF_A_VARIANT = (3, 10)
VARIANTS_OF_A_PRODUCT = (3, 2, 4)
COPY_MAY_TAKE = "120s"

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


class Words(NamedTuple):
    """The same in both languages."""

    fr: str
    en: str

    def dump(self) -> str:
        return json.dumps(self._asdict(), ensure_ascii=False)


@dataclass(frozen=True)
class Family:
    """A kind of article: what it is drawn as and called, what it costs, and what its forms differ in."""

    motif: str
    name: Words
    euros: tuple[int, int]
    sizes: tuple[Words, ...] = ()
    """Empty: the forms differ in colour."""


@dataclass(frozen=True)
class Department:
    materials: tuple[Words, ...]
    families: tuple[Family, ...]


def _cm(*sizes: int) -> tuple[Words, ...]:
    return tuple(Words(f"{size} cm", f"{size} cm") for size in sizes)


CLOTHES = (Words("36", "8"), Words("38", "10"), Words("40", "12"), Words("42", "14"), Words("44", "16"))
SHOES = (Words("37", "4"), Words("38", "5"), Words("39", "6"), Words("41", "7.5"), Words("43", "9"))

DEPARTMENTS = {
    "MEU": Department(
        (
            Words("en chêne", "oak"), Words("en frêne", "ash"), Words("en noyer", "walnut"),
            Words("en hêtre", "beech"), Words("en pin massif", "solid pine"), Words("en orme", "elm"),
        ),
        (
            Family("chair", Words("Chaise", "chair"), (89, 320)),
            Family("stool", Words("Tabouret", "stool"), (49, 190), _cm(45, 65, 75, 80)),
            Family("coffee-table", Words("Table basse", "coffee table"), (149, 690), _cm(80, 100, 120, 140)),
            Family("desk", Words("Bureau", "desk"), (249, 990), _cm(100, 120, 140, 160)),
            Family("bench", Words("Banc", "bench"), (119, 420), _cm(90, 120, 150, 180)),
            Family("mirror", Words("Miroir", "mirror"), (39, 290), _cm(50, 70, 90, 120)),
        ),
    ),
    "LUM": Department(
        (
            Words("en laiton", "brass"), Words("en grès", "stoneware"), Words("en verre soufflé", "blown-glass"),
            Words("en acier laqué", "lacquered steel"), Words("en papier plissé", "pleated paper"),
            Words("en opaline", "opal glass"),
        ),
        (
            Family("table-lamp", Words("Lampe à poser", "table lamp"), (49, 240)),
            Family("desk-lamp", Words("Lampe de travail", "desk lamp"), (59, 260)),
            Family("floor-lamp", Words("Lampadaire", "floor lamp"), (129, 490)),
            Family("pendant", Words("Suspension", "pendant lamp"), (69, 390), _cm(25, 35, 45, 60)),
            Family("wall-lamp", Words("Applique", "wall lamp"), (49, 190)),
            Family("lantern", Words("Lanterne", "lantern"), (19, 120), _cm(20, 30, 40, 55)),
        ),
    ),
    "LIN": Department(
        (
            Words("en lin lavé", "washed linen"), Words("en percale", "percale"), Words("en laine", "wool"),
            Words("en coton peigné", "combed cotton"), Words("en gaze de coton", "cotton gauze"),
            Words("en chanvre", "hemp"),
        ),
        (
            Family("sheets", Words("Parure de lit", "bed set"), (79, 320), _cm(140, 160, 180, 200)),
            Family("throw", Words("Plaid", "throw"), (39, 190)),
            Family("towel", Words("Drap de bain", "bath towel"), (15, 59)),
            Family("cushion", Words("Coussin", "cushion"), (19, 89), _cm(30, 40, 50, 60)),
            Family("curtain", Words("Rideau", "curtain"), (59, 240), _cm(180, 220, 250, 280)),
            Family("rug", Words("Tapis", "rug"), (89, 690), _cm(140, 170, 200, 240)),
        ),
    ),
    "CUI": Department(
        (
            Words("en fonte", "cast-iron"), Words("en inox", "stainless steel"), Words("en grès", "stoneware"),
            Words("en cuivre", "copper"), Words("en porcelaine", "porcelain"), Words("en tôle émaillée", "enamelled"),
        ),
        (
            Family("pan", Words("Poêle", "frying pan"), (29, 160), _cm(20, 24, 28, 32)),
            Family("casserole", Words("Cocotte", "casserole"), (79, 290), _cm(20, 24, 28, 30)),
            Family("plate", Words("Assiette", "plate"), (9, 49)),
            Family("bowl", Words("Saladier", "bowl"), (12, 79), _cm(12, 16, 22, 28)),
            Family("teapot", Words("Théière", "teapot"), (29, 129)),
            Family("cup", Words("Tasse", "cup"), (7, 35)),
        ),
    ),
    "MOD": Department(
        (
            Words("en mérinos", "merino"), Words("en flanelle", "flannel"), Words("en popeline", "poplin"),
            Words("en lin", "linen"), Words("en velours côtelé", "corduroy"), Words("en drap de laine", "wool cloth"),
        ),
        (
            Family("coat", Words("Manteau", "coat"), (149, 490), CLOTHES),
            Family("shirt", Words("Chemise", "shirt"), (49, 140), CLOTHES),
            Family("dress", Words("Robe", "dress"), (79, 260), CLOTHES),
            Family("jumper", Words("Pull", "jumper"), (59, 220)),
            Family("trousers", Words("Pantalon", "trousers"), (69, 190), CLOTHES),
            Family("shoes", Words("Chaussons", "house shoes"), (39, 120), SHOES),
        ),
    ),
    "MAR": Department(
        (
            Words("en cuir grainé", "grained leather"), Words("en cuir lisse", "smooth leather"),
            Words("en toile cirée", "waxed canvas"), Words("en toile de coton", "cotton canvas"),
            Words("en feutre", "felt"), Words("en cuir tressé", "woven leather"),
        ),
        (
            Family("handbag", Words("Sac à main", "handbag"), (119, 490)),
            Family("backpack", Words("Sac à dos", "backpack"), (69, 290)),
            Family("tote", Words("Cabas", "tote bag"), (39, 220)),
            Family("wallet", Words("Portefeuille", "wallet"), (35, 140)),
            Family("suitcase", Words("Valise", "suitcase"), (119, 390), _cm(45, 55, 65, 75)),
            Family("belt", Words("Ceinture", "belt"), (29, 120), _cm(80, 85, 90, 95)),
        ),
    ),
    "JEU": Department(
        (
            Words("en hêtre", "beech"), Words("en carton recyclé", "recycled card"), Words("en érable", "maple"),
            Words("en papier vergé", "laid-paper"), Words("en tilleul", "limewood"),
            Words("en bois peint", "painted wood"),
        ),
        (
            Family("notebook", Words("Cahier", "notebook"), (4, 29)),
            Family("pen", Words("Stylo plume", "fountain pen"), (19, 140)),
            Family("puzzle", Words("Puzzle", "jigsaw puzzle"), (12, 49)),
            Family("train", Words("Train", "toy train"), (19, 89)),
            Family("paintbox", Words("Boîte de couleurs", "paintbox"), (9, 69)),
            Family("chess", Words("Jeu d’échecs", "chess set"), (35, 190)),
        ),
    ),
    "BRI": Department(
        (
            Words("en acier forgé", "forged steel"), Words("en acier chromé", "chrome steel"),
            Words("en frêne et acier", "ash and steel"), Words("en charme et acier", "hornbeam and steel"),
            Words("en aluminium", "aluminium"), Words("en acier bruni", "blued steel"),
        ),
        (
            Family("hammer", Words("Marteau", "hammer"), (14, 59)),
            Family("screwdriver", Words("Tournevis", "screwdriver"), (6, 29)),
            Family("pliers", Words("Pince", "pliers"), (12, 59)),
            Family("saw", Words("Scie", "saw"), (15, 79), _cm(25, 35, 45, 55)),
            Family("tape", Words("Mètre ruban", "tape measure"), (6, 35)),
            Family("toolbox", Words("Caisse à outils", "toolbox"), (29, 160), _cm(35, 42, 50, 60)),
        ),
    ),
}

GIVEN = (
    "Abélard", "Adour", "Agathe", "Alban", "Albertine", "Amboise", "Ancelin", "Anselme", "Apolline", "Argonne",
    "Armance", "Arvor", "Astrée", "Aubin", "Augustine", "Aurélien", "Auvézère", "Azélie", "Balthazar", "Barnabé",
    "Bastide", "Bérénice", "Bertille", "Blaise", "Bocage", "Brocéliande", "Calixte", "Camargue", "Capucine", "Célestin",
    "Cerdagne", "Cévenne", "Chartreuse", "Clarisse", "Clément", "Colombine", "Corentin", "Corisande", "Cyprien",
    "Delphine", "Désiré", "Diane", "Dorothée", "Edmée", "Éloi", "Émeline", "Ernestine", "Esterel", "Eulalie", "Félicie",
    "Ferdinand", "Firmin", "Flavie", "Florentin", "Gabin", "Galibier", "Gaspard", "Gatien", "Gédéon", "Gervaise",
    "Gironde", "Godefroy", "Guérande", "Hector", "Héloïse", "Hippolyte", "Honorine", "Hortense", "Isaure", "Isidore",
    "Jacinthe", "Joséphine", "Judicaël", "Junien", "Lazare", "Léandre", "Léopold", "Lisière", "Lubéron", "Lucette",
    "Ludivine", "Maclou", "Madeleine", "Malo", "Marceline", "Marjolaine", "Mathurin", "Maxence", "Médard", "Mélusine",
    "Mirande", "Modeste", "Morvan", "Nestor", "Nivernais", "Noémie", "Octave", "Odilon", "Olympe", "Ondine", "Oscar",
    "Pacôme", "Palmyre", "Paulette", "Pétronille", "Philémon", "Prosper", "Quercy", "Quitterie", "Romane", "Rosalie",
    "Rouergue", "Sabine", "Séraphin", "Sidonie", "Sologne", "Suzanne", "Sylvestre", "Thècle", "Théodore", "Tiburce",
    "Ursule", "Valentin", "Vercors", "Victorine", "Violette", "Virgile", "Vivarais", "Xavière", "Yvonne", "Zélie",
)  # fmt: skip

BRANDS = (
    "Maison Lavergne", "Ateliers Peyrolac", "Fonderie d’Arcelle", "Sorbier Frères", "Poterie Vaussanges", "Tilleroy",
    "Brazac", "Manufacture du Lison", "Établis Corvol", "Filature de Senuc", "Comptoir Marsanne", "Verrerie de Brouay",
)  # fmt: skip

COLOURS = (
    (Words("Écru", "Ecru"), "#E6DCC6"), (Words("Ocre", "Ochre"), "#C79A4B"), (Words("Brique", "Brick"), "#A4523A"),
    (Words("Bordeaux", "Burgundy"), "#6B2F35"), (Words("Sauge", "Sage"), "#8E9B7E"),
    (Words("Vert bouteille", "Bottle green"), "#2F4A3C"), (Words("Bleu ardoise", "Slate blue"), "#4B6078"),
    (Words("Bleu nuit", "Midnight blue"), "#26334A"), (Words("Gris perle", "Pearl grey"), "#B9B8B2"),
    (Words("Noir", "Black"), "#2E2B26"),
)  # fmt: skip
SECOND = "#F1E9DA"

OPENINGS = (
    Words("Un article que l’on remarque peu le premier jour, et que l’on cherche des yeux quand il manque.",
          "Easy to overlook on the first day, and missed as soon as it is not there."),
    Words("Le dessin date d’avant nous ; nous n’avons changé que ce qui s’usait trop vite.",
          "The design is older than we are; we changed only what used to wear out."),
    Words("Pensé pour les petits logements, où chaque objet doit mériter sa place.",
          "Made for small homes, where everything has to earn its place."),
    Words("Une forme simple, tenue par de bonnes proportions plutôt que par le décor.",
          "A plain shape that relies on good proportions rather than decoration."),
    Words("Nos clients nous le demandaient depuis longtemps : le voici, sans rien de trop.",
          "Customers had been asking for it for years: here it is, with nothing added."),
    Words("Il y a plus léger et moins cher ; il y a rarement plus durable.",
          "There are lighter ones and cheaper ones, but few that last longer."),
    Words("On le choisit souvent pour offrir, et l’on revient en prendre un pour soi.",
          "Often bought as a present, and then again for oneself."),
    Words("Un classique de la maison, au catalogue depuis plus de dix ans.",
          "A house classic, in the catalogue for more than ten years."),
)  # fmt: skip
MIDDLES = (
    Words("L’atelier travaille par petites séries, si bien que deux exemplaires ne sont jamais tout à fait pareils.",
          "The workshop makes it in small batches, so no two are quite alike."),
    Words("La matière prend de la patine avec le temps, surtout là où la main se pose.",
          "The material gains a patina over time, most of all where hands touch it."),
    Words("Les finitions se voient de près : passez le doigt sur les bords, rien n’accroche.",
          "The finish bears a close look: run a finger along the edges and nothing catches."),
    Words("Chaque pièce est contrôlée à la lumière du jour avant de quitter l’atelier.",
          "Every piece is checked in daylight before it leaves the workshop."),
    Words("Ce qui fatigue le plus se remplace, et nous gardons les pièces en réserve.",
          "The parts that work hardest can be replaced, and we keep spares."),
    Words("Le poids surprend un peu en main, puis rassure.",
          "Its weight is a small surprise in the hand, then a comfort."),
    Words("La couleur a été choisie pour vieillir doucement, même près d’une fenêtre.",
          "The colour was chosen to fade gently, even near a window."),
    Words("Rien n’est collé de ce qui peut être cousu, vissé ou assemblé.",
          "Nothing is glued that could be stitched, screwed or jointed."),
)  # fmt: skip
ENDINGS = (
    Words("Venez en comparer plusieurs au rayon : la différence se sent mieux qu’elle ne se lit.",
          "Come and compare a few in store: the difference is easier to feel than to read about."),
    Words("Un chiffon doux suffit à l’entretenir.", "A soft cloth is all the care it needs."),
    Words("Nos conseillers vous montreront les autres modèles sur place.",
          "Our advisors will show you the other versions in store."),
    Words("Si vous hésitez entre deux modèles, faites mettre les deux de côté.",
          "If you cannot decide between two, have both put aside."),
    Words("À voir à la lumière du jour, près de l’entrée du rayon.",
          "Best seen in daylight, near the entrance to the department."),
    Words("Il s’accorde avec ce que l’on a déjà, ce qui est rare.",
          "It goes with what you already own, which is rare."),
    Words("Le mode d’emploi tient en quatre lignes, et l’on s’en passe.",
          "The instructions fit on four lines, and you will not need them."),
    Words("Garanti deux ans, et réparé au-delà quand c’est possible.",
          "Guaranteed for two years, and repaired after that where possible."),
)  # fmt: skip


async def build(
    transaction: Transaction,
    *,
    stores: int,
    products: int,
    seed: int,
    media_dir: Path,
    secret: bytes,
    now: datetime,
    password: str = aurore.PASSWORD,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """So many stores and products into an empty database, and the demo's week in the first five of the stores.

    `progress` is told how many products are done, of how many.
    """
    async with transaction() as session:
        await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
        await towns.load(session)
        categories = await aurore.put_departments(session, media_dir)
        aurore.keep_scene(media_dir, "hero")
        made = await aurore.put_stores(session, list(_store_rows(stores)), now=now)
        shops = [Shop(store.id, _levels(store.floors)) for store in made]
        slugs = [store.slug for store in made]
        await aurore.put_staff(session, list(_people(seed, made, now)), password=password)
    parts = _parts(categories)
    for first in range(0, products, CHUNK):
        numbers = range(first, min(first + CHUNK, products))
        # made before the transaction begins, which is then as short as it can be
        goods = [_product(seed, number, parts, media_dir) for number in numbers]
        async with transaction() as session:
            await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
            await _copy_chunk(session, goods, shops, seed=seed, now=now)
        progress(numbers.stop, products)
    async with transaction() as session:
        await session.execute(text(f"set local statement_timeout = '{COPY_MAY_TAKE}'"))
        await session.execute(text("analyze product, variant, picture, store_stock, stock_movement"))
    async with transaction() as session:
        cast = week.Cast(*(slugs[number % len(slugs)] for number in range(5)))
        await week.build(session, cast, secret=secret, now=now)


# Stores


class Shop(NamedTuple):
    """A store, as the stock needs it."""

    id: int
    levels: Mapping[str, int]
    """On which floor each department is."""


def _levels(floors: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {code: floor["level"] for floor in floors for code in floor["departments"]}


def _store_rows(count: int) -> Iterator[dict[str, Any]]:
    """Stores all over the country, the second one of a town with a number to its name."""
    known, named = towns.known(), Counter[str]()
    for number in range(count):
        # a stride that has no factor in common with the list, so that few stores are far apart already
        town = known[number * STRIDE % len(known)]
        named[town.name] += 1
        yield _store_row(number, town, named[town.name])


def _store_row(number: int, town: towns.Known, ordinal: int) -> dict[str, Any]:
    label = f"{town.name} {ordinal}" if ordinal > 1 else town.name
    slug = _slug(label)
    return {
        "slug": slug,
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
        "email": f"{slug}@aurore.example",
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
    plain = "".join(sign if gsm_length(sign) else _ascii(sign) for sign in gsm_plain(label))
    whole = f"Aurore {plain}"
    return (whole if len(whole) <= SMS_NAME else plain)[:SMS_NAME].strip(" -")


def _people(seed: int, stores: Sequence[Store], now: datetime) -> Iterator[tuple[dict[str, Any], list[int]]]:
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
            "created_at": now - timedelta(days=200),
        }
        yield person, store_ids


# Products


class Part(NamedTuple):
    """A family in its department, and the category in which its products are shown."""

    code: str
    family: Family
    category_id: int


class Form(NamedTuple):
    """A variant that is not in the database yet."""

    sku: str
    options: str
    price_minor: int
    picture: tuple[str, str] | None
    """Path and alternative text of its picture; None where it shares the first one's."""


@dataclass(frozen=True)
class Good:
    """A product that is not in the database yet."""

    code: str
    number: int
    ref: str
    slugs: Words
    name: Words
    brand: str
    story: Words
    facts: str
    category_id: int
    age_days: int
    forms: tuple[Form, ...]


def _parts(categories: Mapping[str, Mapping[str, int]]) -> tuple[Part, ...]:
    """Each family in the category in which the house of the demo shows the same motif."""
    shown = {
        (department["code"], product["motif"]): product["child"]
        for department in aurore.departments()
        for product in department["products"]
    }
    return tuple(
        Part(code, family, categories[code][shown[code, family.motif]])
        for code, department in DEPARTMENTS.items()
        for family in department.families
    )


def _product(seed: int, number: int, parts: Sequence[Part], media_dir: Path) -> Good:
    rng = Random(f"{seed}: product {number}")
    code, family, category_id = parts[number % len(parts)]
    material, given = rng.choice(DEPARTMENTS[code].materials), rng.choice(GIVEN)
    name = Words(f"{family.name.fr} {given} {material.fr}", f"{given} {material.en} {family.name.en}")
    ref = f"{code}-{number + 1:06}"
    count = VARIANTS_OF_A_PRODUCT[number % len(VARIANTS_OF_A_PRODUCT)]
    return Good(
        code=code,
        number=number,
        ref=ref,
        slugs=Words(f"{_slug(name.fr)}-{number + 1}", f"{_slug(name.en)}-{number + 1}"),
        name=name,
        brand=rng.choice(BRANDS),
        story=_story(rng),
        facts=_facts(material, rng.randint(120, 4_800)),
        category_id=category_id,
        age_days=rng.randint(1, 700),
        forms=tuple(_forms(rng, family, name, ref, count, media_dir)),
    )


def _story(rng: Random) -> Words:
    chosen = [rng.choice(fragments) for fragments in (OPENINGS, MIDDLES, ENDINGS)]
    return Words(" ".join(words.fr for words in chosen), " ".join(words.en for words in chosen))


def _facts(material: Words, grams: int) -> str:
    made = Words(material.fr.removeprefix("en ").capitalize(), material.en.capitalize())
    facts = {
        "fr": [["Matière", made.fr], ["Poids", f"{grams} g"]],
        "en": [["Material", made.en], ["Weight", f"{grams} g"]],
    }
    return json.dumps(facts, ensure_ascii=False)


def _forms(rng: Random, family: Family, name: Words, ref: str, count: int, media_dir: Path) -> Iterator[Form]:
    """Its variants: several sizes of one colour, dearer as they grow, or several colours at one price."""
    euros = rng.randint(*family.euros)
    colours = rng.sample(COLOURS, 1 if family.sizes else count)
    smallest = rng.randint(0, max(len(family.sizes) - count, 0))
    for number in range(count):
        colour, tint = colours[0 if family.sizes else number]
        if family.sizes:
            option, value = Words("Taille", "Size"), family.sizes[smallest + number]
            price = euros + (0 if family.sizes in (CLOTHES, SHOES) else number * euros * 12 // 100)
        else:
            option, value, price = Words("Couleur", "Colour"), colour, euros
        alt = Words(f"{name.fr}, {colour.fr.lower()}", f"{name.en}, {colour.en.lower()}").dump()
        yield Form(
            sku=f"{ref}-{number + 1}",
            options=json.dumps([{"name": option._asdict(), "value": value._asdict()}], ensure_ascii=False),
            price_minor=price * 100 - 10,
            picture=None if family.sizes and number else (_picture(family.motif, tint, media_dir), alt),
        )


@cache
def _picture(motif: str, tint: str, media_dir: Path) -> str:
    """One file for all articles of that motif and colour."""
    return aurore.keep_picture(media_dir, "p", draw(motif, colour=tint, second=SECOND))


def _slug(name: str) -> str:
    return _ascii(name).lower().replace("’", "-").replace(" ", "-")


def _ascii(name: str) -> str:
    return name.translate(_LETTERS)


_LETTERS = str.maketrans("ÀÂÄÇÈÉÊËÎÏÔÖÙÛÜàâäçèéêëîïôöùûü", "AAACEEEEIIOOUUUaaaceeeeiioouuu")


# Rows


async def _copy_chunk(
    session: AsyncSession, goods: Sequence[Good], shops: Sequence[Shop], *, seed: int, now: datetime
) -> None:
    """Products with their variants, pictures and stock, each table by one COPY."""
    rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in COLUMNS}
    product_ids = await _next_ids(session, "product", len(goods))
    variant_ids = iter(await _next_ids(session, "variant", sum(len(good.forms) for good in goods)))
    for product_id, good in zip(product_ids, goods, strict=True):
        published = now - timedelta(days=good.age_days)
        rows["product"].append(
            (
                product_id, good.ref, good.slugs.fr, good.slugs.en, good.name.dump(), good.brand, good.story.dump(),
                good.facts, "FR", good.category_id, str(State.PUBLISHED), False, 3, published, published,
            )
        )  # fmt: skip
        rng = Random(f"{seed}: stock {good.number}")
        for position, form in enumerate(good.forms):
            variant_id = next(variant_ids)
            rows["variant"].append(
                (variant_id, product_id, form.sku, None, form.options, form.price_minor, "EUR", position, False)
            )
            if form.picture:
                path, alt = form.picture
                rows["picture"].append((product_id, variant_id, path, alt, WIDTH, HEIGHT, position, ""))
            shelf = f"{aurore.SHELVES[good.code]}-{good.number % 60 + 1}-{position + 1}"
            for shop in rng.sample(shops, min(rng.randint(*STORES_OF_A_VARIANT), len(shops))):
                book, shown = _level(rng)
                seen = now - timedelta(days=rng.choices((6, 25, 70), (80, 14, 6))[0] * rng.random())
                fed = now - timedelta(days=rng.choices((0.6, 2.5, 8), (84, 11, 5))[0] * rng.random())
                received = now - timedelta(days=8 + 40 * rng.random())
                place = (shop.levels[good.code], shelf)
                rows["store_stock"].append((shop.id, variant_id, book, 0, shown, 0, *place, fed, seen))
                rows["stock_movement"] += _movements(shop.id, variant_id, form.sku, book, shown, received)
    for table, records in rows.items():
        await _copy(session, table, COLUMNS[table], records)


COLUMNS = {
    "product": (
        "id", "ref", "slug_fr", "slug_en", "name", "brand", "story", "facts", "made_in", "category_id", "state",
        "by_appointment", "max_per_reservation", "published_at", "updated_at",
    ),
    "variant": ("id", "product_id", "sku", "gtin", "options", "price_minor", "currency", "position", "hidden"),
    "picture": ("product_id", "variant_id", "path", "alt", "width", "height", "position", "credit"),
    "store_stock": (
        "store_id", "variant_id", "book", "reserved", "unsellable", "safety", "floor", "shelf", "fed_at", "seen_at",
    ),
    "stock_movement": (
        "store_id", "variant_id", "kind", "book", "reserved", "unsellable", "source", "source_event_id", "by", "reason",
        "occurred_at",
    ),
}  # fmt: skip
"""What each COPY fills, in the order in which the tables refer to each other."""


def _level(rng: Random) -> tuple[int, int]:
    """Units in the books, and how many of them are on show: plenty, few, the last one, a display piece, none."""
    truth = rng.choices(("plenty", "few", "last", "display", "none"), (48, 22, 12, 6, 12))[0]
    match truth:
        case "plenty":
            return rng.randint(4, 24), int(rng.random() < 0.1)
        case "few":
            return rng.randint(2, 3), 0
        case "last":
            return 1, 0
        case "display":
            return 1, 1
    return 0, 0


def _movements(
    store_id: int, variant_id: int, sku: str, book: int, shown: int, at: datetime
) -> Iterator[tuple[object, ...]]:
    """What adds up to the row: received, and put on show; an empty shelf has nothing to explain."""
    event = f"{store_id}:{sku}"
    if book:
        yield (store_id, variant_id, str(Kind.RECEIPT), book, 0, 0, aurore.SOURCE, event, "", "", at)
    if shown:
        show = f"{event}:show"
        yield (store_id, variant_id, str(Kind.DISPLAY_ON), 0, 0, shown, aurore.SOURCE, show, "", "", at)


async def _next_ids(session: AsyncSession, table: str, count: int) -> Sequence[int]:
    """So many ids from the table's own sequence, so that rows added later do not meet these."""
    query = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
    return (await session.scalars(query, {"table": table, "count": count})).all()


async def _copy(session: AsyncSession, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]) -> None:
    """COPY by the driver itself, inside the session's transaction."""
    connection = await (await session.connection()).get_raw_connection()
    driver = connection.driver_connection
    assert driver is not None
    await driver.copy_records_to_table(table, records=rows, columns=columns)
