"""Those who reserve. All invented: addresses are at domains that stand for examples, telephone numbers those that
the ARCEP keeps for fiction (06 39 98 xx xx).
"""

from random import Random

from booking.customers import Customer, customer
from booking.demo.letters import plain

PEOPLE = (
    ("Claire", "Vasseur", "fr"), ("Hugo", "Lemaire", "fr"), ("Fatou", "Sarr", "fr"), ("Émile", "Charpentier", "fr"),
    ("Noor", "El Amrani", "fr"), ("Juliette", "Bonnard", "fr"), ("Oliver", "Hartley", "en"), ("Amélie", "Joly", "fr"),
    ("Grace", "Okafor", "en"), ("Théo", "Marchetti", "fr"), ("Salomé", "Peltier", "fr"), ("Daniel", "Brandt", "en"),
    ("Agathe", "Rivoire", "fr"), ("Mehdi", "Cherif", "fr"), ("Solange", "Tessier", "fr"), ("Harriet", "Lowell", "en"),
    ("Baptiste", "Gauvin", "fr"), ("Inaya", "Traoré", "fr"), ("Lucien", "Maréchal", "fr"), ("Pauline", "Stocker", "fr"),
    ("Rosa", "Ferreira", "en"), ("Victor", "Delannoy", "fr"), ("Nolwenn", "Le Gall", "fr"), ("Ismaël", "Benali", "fr"),
    ("Catherine", "Dufresne", "fr"), ("Arthur", "Penrose", "en"), ("Manon", "Schmitt", "fr"), ("Gaël", "Fontan", "fr"),
    ("Lise", "Hoareau", "fr"), ("Sunita", "Ramassamy", "fr"), ("Andrew", "Kinnear", "en"), ("Léonie", "Castel", "fr"),
    ("Marius", "Aubin", "fr"), ("Yasmine", "Khelifi", "fr"), ("Édith", "Vernier", "fr"), ("Tom", "Ashworth", "en"),
    ("Capucine", "Roy", "fr"), ("Joachim", "Weiss", "fr"), ("Anouk", "Delorge", "fr"), ("Philippe", "Arnoux", "fr"),
)  # fmt: skip


NOTES = {
    "fr": (
        "Je passerai après le travail, vers 18 h 30.",
        "C’est pour un cadeau, merci de ne pas montrer le paquet si je viens accompagnée.",
        "Je voudrais voir la couleur à la lumière du jour.",
        "Je viens avec une poussette : y a-t-il un ascenseur ?",
        "Je n’ai pas encore choisi la taille, je préfère essayer.",
    ),
    "en": (
        "I will come by on Saturday morning.",
        "It is a present, so please do not mention it if I come with my daughter.",
        "Could someone show me how it opens?",
    ),
}


def someone(rng: Random, number: int, *, contact: str = "email", note: bool = False) -> Customer:
    """The person of that number, once round and then again; one in three gives a telephone number all the same."""
    first, last, language = PEOPLE[number % len(PEOPLE)]
    name = plain(f"{first}.{last}").lower().replace(" ", "")
    domain = "example.com" if language == "en" else "exemple.fr"
    return customer(
        first_name=first,
        last_name=last,
        email="" if contact == "phone" else f"{name}@{domain}",
        phone=f"06 39 98 {number // 90 + 10:02} {number % 90 + 10:02}" if contact != "email" or number % 3 else "",
        language=language,
        contact=contact,
        note=rng.choice(NOTES[language]) if note else "",
    )
