"""What the articles of a chain are called and said to be, in both languages."""

import json
from random import Random
from typing import NamedTuple


class Words(NamedTuple):
    """The same in both languages."""

    fr: str
    en: str

    def dump(self) -> str:
        return json.dumps(self._asdict(), ensure_ascii=False)


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


def story(rng: Random) -> Words:
    """Three sentences."""
    chosen = [rng.choice(fragments) for fragments in (OPENINGS, MIDDLES, ENDINGS)]
    return Words(" ".join(words.fr for words in chosen), " ".join(words.en for words in chosen))
