import pytest

from kit.errors import FieldError, Forbidden, Gone, Invalid, NotFound, Refused, TooMany
from kit.languages import gettext, lazy, speaking


def test_a_refusal_is_said_in_the_language_of_the_moment_it_is_shown() -> None:
    with speaking("en"):
        refusal = NotFound()
    with speaking("fr"):
        assert refusal.sentence == "Nous ne trouvons pas ce que vous cherchez."
    with speaking("en"):
        assert refusal.sentence == "We cannot find what you are looking for."


def test_a_refusal_carries_facts_for_people_and_for_programs() -> None:
    refusal = Refused("gone_at", "until %(day)s, %(time)s", {"day": "X", "time": "Y"}, details={"left": 0}, field="day")
    with speaking("fr"):
        assert refusal.sentence == "jusqu’au X, Y"
        assert str(refusal) == "gone_at: until X, Y"  # a log speaks English
    assert (refusal.status, refusal.code, refusal.details, refusal.field) == (409, "gone_at", {"left": 0}, "day")


def test_a_refusal_of_its_own_says_its_sentence_once() -> None:
    class SoldOut(Refused):
        code = "sold_out"
        msgid = lazy("Some details need correcting.")

    with speaking("fr"):
        assert SoldOut().sentence == gettext("Some details need correcting.")
    with speaking("en"):
        assert str(SoldOut()) == "sold_out: Some details need correcting."


def test_a_percent_sign_in_a_sentence_without_facts_stays() -> None:
    assert Refused("x", "100 %").sentence == "100 %"


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (Refused(), 409, "refused"),
        (NotFound(), 404, "not_found"),
        (Gone(), 410, "gone"),
        (Forbidden(), 403, "forbidden"),
        (Invalid(), 422, "invalid"),
        (TooMany(retry_after=60), 429, "too_many_requests"),
    ],
)
def test_each_refusal_has_its_status_and_its_sentence_in_both_languages(
    refusal: Refused, status: int, code: str
) -> None:
    assert (refusal.status, refusal.code) == (status, code)
    said = set()
    for language in ("fr", "en"):
        with speaking(language):
            said.add(refusal.sentence)
    assert len(said) == 2


def test_fields_are_refused_one_by_one() -> None:
    several = Invalid(errors=[FieldError("email", "required", "today"), FieldError("phone", "too_long", "tomorrow")])
    with speaking("fr"):
        assert [(error.field, error.sentence) for error in several.errors] == [
            ("email", "aujourd’hui"),
            ("phone", "demain"),
        ]
    one = Invalid("not_offered", "by %(time)s on %(day)s", {"time": "2 pm", "day": "Monday"}, field="start")
    with speaking("en"):
        assert [(e.field, e.code, e.sentence) for e in one.errors] == [("start", "not_offered", "by 2 pm on Monday")]


def test_too_many_says_when_to_come_back() -> None:
    refusal = TooMany("slow_down", "today", retry_after=90)
    assert refusal.retry_after == 90 and refusal.details == {"retry_after": 90}
