"""What people call the columns of files."""

from collections.abc import Sequence
from typing import Final

from babel.support import LazyProxy

from kit.languages import gettext, lazy
from stores.attributes import Attribute
from stores.exchange.columns import ATTRIBUTE

_SHARED: Final[dict[str, LazyProxy]] = {
    "sku": lazy("SKU"),
    "gtin": lazy("Barcode"),
    "price": lazy("Price"),
    "position": lazy("Position"),
    "name": lazy("Name"),
    "slug": lazy("Address on the site"),
}
_PRODUCTS: Final[dict[str, LazyProxy]] = {
    "ref": lazy("Article reference"),
    "brand": lazy("Brand"),
    "category": lazy("Category"),
    "state": lazy("State"),
    "story": lazy("Story"),
    "facts": lazy("Facts"),
    "care": lazy("Care"),
    "seo_title": lazy("Title for search engines"),
    "seo_description": lazy("Description for search engines"),
    "made_in": lazy("Made in"),
    "google_category": lazy("Google category"),
    "by_appointment": lazy("By appointment only"),
    "try_in_store": lazy("To be tried in store"),
    "listed": lazy("Shown in lists"),
    "max_per_reservation": lazy("Most in one reservation"),
    "published_at": lazy("Published on"),
    "publish_at": lazy("To be published on"),
    "unpublish_at": lazy("To be withdrawn on"),
    "drafts": lazy("Languages still in draft"),
    "pictures": lazy("Images"),
    "picture_alts": lazy("Descriptions of the images"),
    "option1_name": lazy("Option 1, its name"),
    "option1": lazy("Option 1"),
    "option2_name": lazy("Option 2, its name"),
    "option2": lazy("Option 2"),
    "option3_name": lazy("Option 3, its name"),
    "option3": lazy("Option 3"),
    "was_price": lazy("Price before, crossed out"),
    "currency": lazy("Currency"),
    "weight_grams": lazy("Weight in grams"),
    "hidden": lazy("Hidden"),
}
_STOCK: Final[dict[str, LazyProxy]] = {
    "store": lazy("Store"),
    "on_hand": lazy("Units there are"),
    "counted_at": lazy("Counted on"),
    "unsellable": lazy("Units not for sale"),
    "safety": lazy("Units kept back"),
    "floor": lazy("Floor"),
    "shelf": lazy("Shelf"),
    "on_show": lazy("On show"),
    "price": lazy("Price in this store"),
}
_PAIRINGS: Final[dict[str, LazyProxy]] = {
    "product": lazy("Article"),
    "other": lazy("Goes with"),
    "reason": lazy("Reason"),
}
_STORES: Final[dict[str, LazyProxy]] = {
    "sms_name": lazy("Name in text messages"),
    "group": lazy("Group"),
    "language": lazy("Language"),
    "street": lazy("Street"),
    "postcode": lazy("Postcode"),
    "city": lazy("Town"),
    "country": lazy("Country"),
    "latitude": lazy("Latitude"),
    "longitude": lazy("Longitude"),
    "phone": lazy("Telephone"),
    "email": lazy("Email"),
    "staff_notify_url": lazy("Staff channel"),
    "timezone": lazy("Time zone"),
    "region": lazy("Region of its public holidays"),
    "opening_hours": lazy("Opening hours"),
    "exceptions": lazy("Exceptional days"),
    "opens_on": lazy("Opens on"),
    "closes_on": lazy("Closes on"),
    "answer_minutes": lazy("Minutes to answer in"),
    "hold_days": lazy("Days that articles are kept"),
    "ready_hours": lazy("Hours to be ready in"),
    "safety": lazy("Units kept back"),
    "low_threshold": lazy("Last units from"),
    "auto_confirm": lazy("Confirmed without an answer"),
    "auto_confirm_limit": lazy("Units confirmed without an answer"),
    "feed_minutes": lazy("Minutes between two feeds"),
    "stock_authority": lazy("Who counts the stock"),
    "entrance": lazy("Entrance"),
    "desk": lazy("Desk"),
    "desk_sms": lazy("Desk in text messages"),
    "about": lazy("About the store"),
    "directions": lazy("How to get there"),
    "floors": lazy("Floors"),
    "services": lazy("Services"),
}
_BY_SUBJECT: Final = {"products": _PRODUCTS, "stock": _STOCK, "pairings": _PAIRINGS, "stores": _STORES}


def label(subject: str, column: str, offered: Sequence[Attribute] = ()) -> str:
    """`name:fr` → “Name, in French”; a column that has no words is called by its name."""
    is_own = column.startswith(ATTRIBUTE)
    base, _, language = column.removeprefix(ATTRIBUTE).partition(":")
    if is_own:
        own = next((one for one in offered if one.code == base), None)
        words = own.label.text() if own else base
    else:
        words = str(_BY_SUBJECT[subject].get(base) or _SHARED.get(base) or base)
    match language:
        case "fr":
            return f"{words}, {gettext('in French')}"
        case "en":
            return f"{words}, {gettext('in English')}"
    return words
