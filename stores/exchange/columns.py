"""The columns of our own files, which every other format is read as. A text in two languages is two columns.

An absent column, like an empty cell, leaves what is there; `__EMPTY__` (or `__VIDE__`) erases it.
"""

from typing import Final

ERASED: Final = frozenset({"__EMPTY__", "__VIDE__"})


def both(*names: str) -> tuple[str, ...]:
    """`name` → `name:fr`, `name:en`."""
    return tuple(f"{name}:{language}" for name in names for language in ("fr", "en"))


PRODUCT: Final = (
    "ref", *both("name", "slug"), "brand", "category", "state", *both("story", "facts", "care"),
    *both("seo_title", "seo_description"), "made_in", "google_category", "by_appointment", "try_in_store", "listed",
    "max_per_reservation", "published_at", "publish_at", "unpublish_at", "drafts", "pictures", *both("picture_alts"),
)  # fmt: skip
"""Of the product: on its first row; repeated or empty on the others. Facts are `Label: value | Label: value`, pictures
paths below /media/ or https addresses separated by spaces, their words separated by ` | `, drafts languages."""
VARIANT: Final = (
    "sku", "gtin", *both("option1_name", "option1", "option2_name", "option2", "option3_name", "option3"),
    "price", "was_price", "currency", "weight_grams", "position", "hidden",
)  # fmt: skip
"""Of the variant: one row each. A row that has only a `ref` is a product without variants."""
ATTRIBUTE: Final = "attribute:"
"""Before the code of an attribute: `attribute:width`; a text has two, `attribute:finish:fr`, `attribute:finish:en`."""
STOCK: Final = (
    "store", "sku", "gtin", "on_hand", "counted_at", "unsellable", "safety", "floor", "shelf", "on_show", "price",
)  # fmt: skip
PAIRING: Final = ("product", "other", *both("reason"), "position")
STORE: Final = (
    "slug", "name", "sms_name", "group", "language", "street", "postcode", "city", "country", "latitude", "longitude",
    "phone", "email", "staff_notify_url", "timezone", "region", "opening_hours", "exceptions", "opens_on", "closes_on",
    "answer_minutes", "hold_days", "ready_hours", "safety", "low_threshold", "auto_confirm", "auto_confirm_limit",
    "feed_minutes", "stock_authority", *both("entrance", "desk"), "desk_sms", *both("about", "directions"), "floors",
    *both("services"),
)  # fmt: skip
"""`exceptions` is `2026-12-24 10:00-18:00 Réveillon / Christmas Eve; 2026-12-25 off …`, `floors` is JSON."""
NEEDED: Final = {
    "products": ("sku",),
    "stock": ("store", "on_hand"),
    "stores": ("slug",),
    "pairings": ("product", "other"),
}
