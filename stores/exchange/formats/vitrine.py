"""Our own files, and those that somebody made by hand: the columns of `columns`, or the words people have for them."""

from typing import Final

from stores.exchange import columns
from stores.exchange.formats.names import OURS, Guess, attribute, known, spread
from stores.exchange.reading import Dialect

NAME: Final = "vitrine"
PRODUCTS: Final = spread({
    "ref": ("reference produit", "ref produit", "product ref", "product reference", "code modele", "modele",
            "parent sku", "sku parent", "sku root"),
    "sku": ("reference", "reference article", "ref article", "code article", "code produit", "article number",
            "item number", "variant sku", "ugs", "reference variante"),
    "gtin": ("ean", "ean 13", "ean13", "code barres", "code barre", "code a barres", "barcode", "bar code", "upc",
             "gencod", "gencode", "isbn", "code ean"),
    "name": ("nom", "designation", "libelle", "intitule", "titre", "title", "product name", "nom du produit",
             "nom produit", "nom de l article"),
    "slug": ("adresse", "url", "url key", "permalien"),
    "brand": ("marque", "fabricant", "vendor", "manufacturer", "fournisseur"),
    "category": ("categorie", "rayon", "famille", "department", "departement", "product type"),
    "state": ("etat", "statut", "status"),
    "story": ("description", "histoire", "descriptif", "texte", "description longue", "long description"),
    "facts": ("caracteristiques", "specifications", "fiche technique"),
    "care": ("entretien", "conseils d entretien", "care instructions"),
    "seo_title": ("titre seo", "meta title", "meta titre", "title tag"),
    "seo_description": ("description seo", "meta description"),
    "made_in": ("fabrique en", "origine", "pays d origine", "country of origin", "origin"),
    "google_category": ("google product category", "categorie google"),
    "by_appointment": ("sur rendez vous", "rendez vous"),
    "try_in_store": ("a essayer", "essai en magasin", "a essayer en magasin"),
    "listed": ("visible", "dans les listes"),
    "max_per_reservation": ("maximum par reservation", "max par reservation", "quantite maximale"),
    "published_at": ("publie le", "date de publication"),
    "publish_at": ("publier le", "a publier le"),
    "unpublish_at": ("retirer le", "a retirer le"),
    "drafts": ("brouillons",),
    "pictures": ("images", "image", "photos", "photo", "picture", "image url", "url image", "visuels"),
    "picture_alts": ("textes alternatifs", "texte alternatif", "alt", "alt text", "image alt text"),
    "option1_name": ("option 1 nom", "nom option 1", "option 1 name"),
    "option1": ("option 1", "option 1 valeur", "valeur option 1", "option 1 value", "option1 value"),
    "option2_name": ("option 2 nom", "nom option 2", "option 2 name"),
    "option2": ("option 2", "option 2 valeur", "valeur option 2", "option 2 value", "option2 value"),
    "option3_name": ("option 3 nom", "nom option 3", "option 3 name"),
    "option3": ("option 3", "option 3 valeur", "valeur option 3", "option 3 value", "option3 value"),
    "price": ("prix", "prix ttc", "prix de vente", "prix de vente ttc", "prix public", "tarif", "selling price",
              "unit price", "regular price", "prix eur", "price eur", "pvp"),
    "was_price": ("prix barre", "ancien prix", "prix avant", "compare at price", "old price", "prix precedent"),
    "currency": ("devise", "monnaie"),
    "weight_grams": ("poids g", "poids en g", "poids en grammes", "poids grammes", "weight g", "grams", "grammes"),
    "position": ("ordre", "order", "rang"),
    "hidden": ("masque", "masquee", "cache"),
})  # fmt: skip
STOCK: Final = spread({
    "store": ("magasin", "boutique", "point de vente", "location", "emplacement", "site", "code magasin", "store code",
              "shop", "depot"),
    "sku": ("reference", "ref", "reference article", "ref article", "code article", "code produit", "item number",
            "variant sku", "ugs", "itemid", "item id"),
    "gtin": ("ean", "ean 13", "ean13", "code barres", "code barre", "code a barres", "barcode", "bar code", "upc",
             "gencod", "gencode", "code ean"),
    "on_hand": ("stock", "qty", "quantite", "quantity", "qte", "quantite en stock", "en stock", "stock physique",
                "stock disponible", "count", "on hand quantity", "stock on hand", "compte", "inventaire"),
    "counted_at": ("compte le", "date", "date de comptage", "date d inventaire", "as of", "counted", "date heure"),
    "unsellable": ("invendable", "invendables", "defectueux", "damaged"),
    "safety": ("securite", "stock de securite", "safety stock"),
    "floor": ("etage", "niveau"),
    "shelf": ("rayonnage", "etagere", "place", "bin", "bin name", "allee"),
    "on_show": ("expose", "exposes", "en exposition", "on display"),
    "price": ("prix", "prix ttc", "prix magasin", "store price", "tarif"),
})  # fmt: skip
STORES: Final = spread({
    "slug": ("code", "code magasin", "store code", "identifiant", "adresse web"),
    "name": ("nom", "enseigne", "magasin", "store", "store name", "nom du magasin"),
    "sms_name": ("nom sms",),
    "group": ("groupe",),
    "language": ("langue",),
    "street": ("adresse", "rue", "address", "address line 1", "adresse 1"),
    "postcode": ("code postal", "cp", "zip", "zip code", "postal code"),
    "city": ("ville", "commune", "town"),
    "country": ("pays", "country code"),
    "latitude": ("lat",),
    "longitude": ("lon", "lng", "long"),
    "phone": ("telephone", "tel", "phone number", "numero de telephone"),
    "email": ("courriel", "e mail", "mail", "adresse mail"),
    "timezone": ("fuseau", "fuseau horaire", "time zone"),
    "opening_hours": ("horaires", "hours", "heures d ouverture", "horaires d ouverture"),
    "exceptions": ("jours exceptionnels", "horaires exceptionnels", "special hours"),
    "opens_on": ("ouvre le", "ouverture le", "date d ouverture"),
    "closes_on": ("ferme le", "fermeture le", "date de fermeture"),
    "entrance": ("entree",),
    "desk": ("comptoir",),
    "about": ("presentation", "a propos", "description"),
    "directions": ("acces", "venir"),
    "floors": ("etages",),
})  # fmt: skip
PAIRINGS: Final = spread({
    "product": ("produit", "article", "ref", "reference", "sku"),
    "other": ("autre", "autre article", "va avec", "goes with", "associe", "article associe", "complement", "related"),
    "reason": ("raison", "motif", "pourquoi", "why"),
    "position": ("ordre", "order", "rang"),
})  # fmt: skip
_SYNONYMS: Final = {"products": PRODUCTS, "stock": STOCK, "stores": STORES, "pairings": PAIRINGS}


def recognise(dialect: Dialect, subject: str, language: str) -> Guess:
    """The subject of which most columns are known; the columns that it needs decide between equals."""
    guesses = [Guess(NAME, each, _mapping(dialect, each, language)) for each in ((subject,) if subject else _SYNONYMS)]
    return max(guesses, key=lambda guess: (len(guess.mapping), _has_needed(guess)))


def _has_needed(guess: Guess) -> bool:
    return set(columns.NEEDED[guess.subject]) <= set(guess.mapping.values())


def _mapping(dialect: Dialect, subject: str, language: str) -> dict[str, str]:
    """Each column of ours once: our own name of it before the words for it, the first of two words before the other."""
    mapping: dict[str, str] = {}
    ours = {header: header for header in dialect.columns if header in OURS[subject]}
    for header in dialect.columns:
        column = ours.get(header) or (attribute(header) if subject == "products" else "")
        column = column or known(_SYNONYMS[subject], subject, header, language)
        if column and column not in mapping.values() and ours.get(column, header) == header:
            mapping[header] = column
    return mapping
