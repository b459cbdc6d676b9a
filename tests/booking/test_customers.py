"""A name and a way to reach her: what people type, cleaned or sent back with a word for each field."""

import pytest

from booking.customers import clean_line, clean_text, customer, is_mobile, masked, show_phone
from kit.errors import Invalid

LEA = {"first_name": "Léa", "last_name": "Martin", "email": "lea@exemple.fr"}


def errors(**typed):
    """Which fields need correcting, and why."""
    with pytest.raises(Invalid) as refusal:
        customer(**{**LEA, **typed})
    return {error.field: error.code for error in refusal.value.errors}


def test_what_was_typed_is_cleaned():
    lea = customer(
        first_name="  Le\u0301a ",
        last_name="Mar\u200btin\tDurand\r\n",
        email=" Lea@EXEMPLE.fr ",
        phone="06 39 98 01 23",
        note=" Sonnez \r\n\r\n deux\x00fois ",
    )
    assert (lea.first_name, lea.last_name) == ("Léa", "Mar tin Durand")
    assert (lea.email, lea.phone) == ("Lea@exemple.fr", "+33639980123")
    assert lea.note == "Sonnez\n\ndeux fois"
    assert lea.contact == "email"


def test_every_field_that_is_wrong_is_named_at_once():
    wrong = errors(first_name=" \u200b ", last_name="M" * 81, email="lea@", phone="12", note="é" * 501)
    assert wrong == {
        "first_name": "required",
        "last_name": "too_long",
        "email": "malformed",
        "phone": "malformed",
        "note": "too_long",
    }


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"email": "", "phone": "06 39 98 01 23", "contact": "email"}, {"email": "required"}),
        ({"contact": "sms"}, {"phone": "required"}),
        ({"contact": "phone"}, {"phone": "required"}),
        ({"contact": "sms", "phone": "01 99 00 12 34"}, {"phone": "not_mobile"}),
        ({"email": "lea@exemple.fr, marc@exemple.fr"}, {"email": "malformed"}),
        ({"email": "lea@exemple.fr\nBcc: all@exemple.fr"}, {"email": "malformed"}),
        ({"email": "lea@localhost"}, {"email": "malformed"}),
        ({"phone": "0899 70 12 34"}, {"phone": "malformed"}),
        ({"phone": "+1"}, {"phone": "malformed"}),
        ({"phone": "not a number"}, {"phone": "malformed"}),
    ],
)
def test_there_is_one_way_to_reach_her_and_it_works(typed, wrong):
    assert errors(**typed) == wrong


def test_who_gave_no_way_to_reach_her_is_asked_for_one():
    assert errors(email="")["email"] == "required"


@pytest.mark.parametrize(
    ("typed", "region", "phone"),
    [
        ("06 39 98 01 23", "FR", "+33639980123"),
        ("0033 6 39 98 01 23", "FR", "+33639980123"),
        ("+44 7700 900123", "FR", "+447700900123"),
        ("07700 900123", "GB", "+447700900123"),
        ("06.92.12.34.56", "RE", "+262692123456"),
    ],
)
def test_a_number_is_read_as_people_of_the_region_type_it(typed, region, phone):
    assert customer(**LEA, phone=typed, region=region).phone == phone


def test_without_a_wish_who_gave_a_number_only_is_called():
    assert customer(**{**LEA, "email": ""}, phone="06 39 98 01 23").contact == "phone"
    assert customer(**LEA, phone="06 39 98 01 23").contact == "email"
    assert customer(**LEA, phone="06 39 98 01 23", contact="sms").contact == "sms"


@pytest.mark.parametrize(
    "typed",
    [
        "=?UTF-8?Q?Claire=0D=0ABcc:=20evil@attack.example?=",
        "Claire\r\nBcc: evil@attack.example",
        "Claire\u2028Bcc: evil@attack.example",
        "=?utf-8?b?=?==?=",
        "==??UTF-8?Q?Claire=0D=0ABcc:=20evil@attack.example?==??=",
    ],
)
def test_no_name_can_become_a_header(typed):
    cleaned = clean_line(typed)
    assert "=?" not in cleaned and "?=" not in cleaned
    assert not any(sign in cleaned for sign in "\r\n\u2028\x85")
    assert clean_line(cleaned) == cleaned
    assert "=?" not in clean_text(typed)


@pytest.mark.parametrize("name", ["O’Brien", "Nguyễn Thị Ánh", "D’Arc-Lévêque", "李", "محمد", "Åse", "Léa?"])
def test_a_name_stays_as_its_owner_writes_it(name):
    assert customer(**{**LEA, "last_name": name}).last_name == name


def test_numbers_are_shown_as_people_read_them():
    assert show_phone("+33639980123", "fr").replace("\u00a0", " ") == "06 39 98 01 23"
    assert show_phone("+33639980123", "en").replace("\u00a0", " ") == "+33 6 39 98 01 23"
    assert show_phone("+447700900123", "fr").startswith("+44")
    assert is_mobile("+33639980123") and is_mobile("+33612345678") and not is_mobile("+33199001234")


@pytest.mark.parametrize(
    ("email", "phone", "shown"),
    [
        ("claire@exemple.fr", "", "c…e@exemple.fr"),
        ("c@exemple.fr", "+33639980123", "c…@exemple.fr"),
        ("", "+33639980123", "… 23"),
        ("", "", ""),
    ],
)
def test_enough_of_a_contact_is_shown_to_recognise_one_s_own(email, phone, shown):
    assert masked(email, phone) == shown
