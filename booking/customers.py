"""Who asks: a name and at least one way to reach her, checked before anything is promised. No account."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from kit.errors import FieldError, Invalid
from kit.languages import lazy

LONGEST_NAME = 80
LONGEST_NOTE = 500
FICTION = ("+3363998", "+447700900")
"""Mobile numbers that the ARCEP and Ofcom keep for examples and films; the library knows no type for them."""


@dataclass(frozen=True)
class Customer:
    """A person as she typed herself, cleaned: `phone` is E.164, `email` normalised; one of them may be empty."""

    first_name: str
    last_name: str
    email: str
    phone: str
    language: str
    contact: str
    note: str = ""


def customer(
    *,
    first_name: str,
    last_name: str,
    email: str = "",
    phone: str = "",
    language: str = "fr",
    contact: str = "",
    note: str = "",
    region: str = "FR",
) -> Customer:
    """Check and clean what was typed; a national phone number is read as one of `region`.

    Raises `Invalid` with an error for every field that needs correcting.
    """
    errors: list[FieldError] = []
    first, last = clean_line(first_name), clean_line(last_name)
    for field, value, msgid in (
        ("first_name", first, lazy("Enter your first name")),
        ("last_name", last, lazy("Enter your last name")),
    ):
        if not value:
            errors.append(FieldError(field, "required", msgid))
        elif len(value) > LONGEST_NAME:
            errors.append(FieldError(field, "too_long", lazy("Keep it within %(n)d signs"), {"n": LONGEST_NAME}))
    email, phone = email.strip(), phone.strip()
    if not email and not phone:
        errors.append(FieldError("email", "required", lazy("Enter an email address or a phone number")))
    if email:
        try:
            email = read_email(email)
        except ValueError:
            msgid = lazy("Enter a full email address, for example name@example.com")
            errors.append(FieldError("email", "malformed", msgid))
    if phone:
        try:
            phone = read_phone(phone, region)
        except ValueError:
            msgid = lazy("Enter a full phone number, for example 06 39 98 01 23 or +44 7700 900123")
            errors.append(FieldError("phone", "malformed", msgid))
    contact = contact or ("email" if email else "phone")
    if contact == "email" and not email and phone:
        errors.append(
            FieldError("email", "required", lazy("Enter an email address, so that the store can write to you"))
        )
    if contact in ("sms", "phone") and not phone:
        errors.append(FieldError("phone", "required", lazy("Enter a phone number, so that the store can reach you")))
    if contact == "sms" and phone and not errors and not is_mobile(phone):
        errors.append(FieldError("phone", "not_mobile", lazy("Enter a mobile number: text messages need one")))
    note = clean_text(note)
    if len(note) > LONGEST_NOTE:
        errors.append(FieldError("note", "too_long", lazy("Keep it within %(n)d signs"), {"n": LONGEST_NOTE}))
    if errors:
        raise Invalid(errors=errors)
    return Customer(first, last, email, phone, language, contact, note)


def clean_line(text: str) -> str:
    """One line of text as a person typed it: NFC, no control signs, no encoded words, outer spaces gone.

    `=?…?=` would be decoded by mail libraries into whatever it hides, line breaks included (CVE-2024-6923).
    """
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
    while text != (text := re.sub(r"=\?|\?=", "", text)):  # what is left may be one again
        pass
    return " ".join(text.split())


def clean_text(text: str) -> str:
    """Several lines of text: like `clean_line`, but line breaks stay."""
    return "\n".join(clean_line(line) for line in text.splitlines()).strip()


def read_email(typed: str) -> str:
    """The one address that was typed, normalised. Raises ValueError for anything else."""
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError as refused:
        raise ValueError(str(refused)) from None


def read_phone(typed: str, region: str) -> str:
    """E.164 of a number that can exist; numbers that cost the caller extra are refused. Raises ValueError."""
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException as refused:
        raise ValueError(str(refused)) from None
    costly = (phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST)
    if not phonenumbers.is_possible_number(number) or phonenumbers.number_type(number) in costly:
        raise ValueError(typed)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_mobile(phone: str) -> bool:
    """Whether a text message may be sent to this E.164 number."""
    if phone.startswith(FICTION):
        return True
    kind = phonenumbers.number_type(phonenumbers.parse(phone))
    return kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)


def show_phone(phone: str, language: str) -> str:
    """A number as people of that language read it: national form in French for France, else international."""
    number = phonenumbers.parse(phone)
    national = language == "fr" and phonenumbers.region_code_for_country_code(number.country_code or 0) == "FR"
    form = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, form).replace(" ", "\u00a0")


def masked(email: str, phone: str) -> str:
    """Enough of a contact to recognise one's own: `c…e@exemple.fr`, `… 23`."""
    if email:
        name, _, domain = email.partition("@")
        return f"{name[0]}…{name[-1] if len(name) > 1 else ''}@{domain}"
    return f"… {phone[-2:]}" if phone else ""
