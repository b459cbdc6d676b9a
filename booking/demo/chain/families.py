"""The assortment of a chain: kinds of article by department, and what they are made of."""

from dataclasses import dataclass

from booking.demo.chain.words import Words


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
            Words("en chêne", "oak"),
            Words("en frêne", "ash"),
            Words("en noyer", "walnut"),
            Words("en hêtre", "beech"),
            Words("en pin massif", "solid pine"),
            Words("en orme", "elm"),
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
            Words("en laiton", "brass"),
            Words("en grès", "stoneware"),
            Words("en verre soufflé", "blown-glass"),
            Words("en acier laqué", "lacquered steel"),
            Words("en papier plissé", "pleated paper"),
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
            Words("en lin lavé", "washed linen"),
            Words("en percale", "percale"),
            Words("en laine", "wool"),
            Words("en coton peigné", "combed cotton"),
            Words("en gaze de coton", "cotton gauze"),
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
            Words("en fonte", "cast-iron"),
            Words("en inox", "stainless steel"),
            Words("en grès", "stoneware"),
            Words("en cuivre", "copper"),
            Words("en porcelaine", "porcelain"),
            Words("en tôle émaillée", "enamelled"),
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
            Words("en mérinos", "merino"),
            Words("en flanelle", "flannel"),
            Words("en popeline", "poplin"),
            Words("en lin", "linen"),
            Words("en velours côtelé", "corduroy"),
            Words("en drap de laine", "wool cloth"),
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
            Words("en cuir grainé", "grained leather"),
            Words("en cuir lisse", "smooth leather"),
            Words("en toile cirée", "waxed canvas"),
            Words("en toile de coton", "cotton canvas"),
            Words("en feutre", "felt"),
            Words("en cuir tressé", "woven leather"),
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
            Words("en hêtre", "beech"),
            Words("en carton recyclé", "recycled card"),
            Words("en érable", "maple"),
            Words("en papier vergé", "laid-paper"),
            Words("en tilleul", "limewood"),
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
            Words("en acier forgé", "forged steel"),
            Words("en acier chromé", "chrome steel"),
            Words("en frêne et acier", "ash and steel"),
            Words("en charme et acier", "hornbeam and steel"),
            Words("en aluminium", "aluminium"),
            Words("en acier bruni", "blued steel"),
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


COLOURS = (
    (Words("Écru", "Ecru"), "#E6DCC6"), (Words("Ocre", "Ochre"), "#C79A4B"), (Words("Brique", "Brick"), "#A4523A"),
    (Words("Bordeaux", "Burgundy"), "#6B2F35"), (Words("Sauge", "Sage"), "#8E9B7E"),
    (Words("Vert bouteille", "Bottle green"), "#2F4A3C"), (Words("Bleu ardoise", "Slate blue"), "#4B6078"),
    (Words("Bleu nuit", "Midnight blue"), "#26334A"), (Words("Gris perle", "Pearl grey"), "#B9B8B2"),
    (Words("Noir", "Black"), "#2E2B26"),
)  # fmt: skip
SECOND = "#F1E9DA"
