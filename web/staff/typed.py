"""What staff typed or ticked: the fields of a form, as texts, and the numbers and ids in them."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request

from booking.customers import clean_line

Typed = Mapping[str, str]


async def typed_in(request: Request) -> dict[str, str]:
    """The fields of the form, as texts."""
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def units(text: str, otherwise: int) -> int:
    """A number of pieces, of three digits at most."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else otherwise


def row_id(text: str) -> int | None:
    """The id of a row, of nine digits at most."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def by_id(pairs: Sequence[tuple[str, str]], prefix: str) -> dict[int, str]:
    """The fields of a form that are called `prefix-<id>`, by id."""
    found = {}
    for name, value in pairs:
        kind, _, number = name.rpartition("-")
        if kind == prefix and (key := row_id(number)) is not None:
            found[key] = value
    return found


def bag_place(text: str) -> str:
    """Where a bag waits, on one short line."""
    return clean_line(text)[:40]
