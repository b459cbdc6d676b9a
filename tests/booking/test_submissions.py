"""The same key and body get the first answer again."""

from datetime import timedelta

import pytest
from factories import build

from booking import submissions
from booking.submissions import Answered, KeyReused


@pytest.fixture
async def send(session, clock):
    await build(session, now=clock(), staffed=False)

    async def begin(body, key="tap", scope="form"):
        return await submissions.begin(session, scope=scope, key=key, body=body, now=clock())

    return begin


async def test_the_same_request_sent_again_gets_the_first_answer(session, send):
    assert await send({"sku": "A", "quantity": 1}) is None
    await submissions.answer(session, scope="form", key="tap", answer={"code": "ABCD1234"})
    for _ in range(3):
        assert await send({"quantity": 1, "sku": "A"}) == Answered({"code": "ABCD1234"})
    assert await submissions.look_up(session, scope="form", key="tap") == {"code": "ABCD1234"}


async def test_another_body_with_that_key_is_refused(session, send):
    await send({"quantity": 1})
    await submissions.answer(session, scope="form", key="tap", answer={"code": "ABCD1234"})
    for other in ({"quantity": 2}, {"quantity": "1"}, {}, None, [1]):
        with pytest.raises(KeyReused) as refusal:
            await send(other)
    assert (refusal.value.status, refusal.value.code) == (422, "idempotency_key_reused")


async def test_the_word_of_one_caller_is_not_the_word_of_another(session, send):
    assert await send({"quantity": 1}, scope="key:1") is None
    assert await send({"quantity": 2}, scope="key:2") is None
    assert await send({"quantity": 3}, key="tap ") is None
    assert await submissions.look_up(session, scope="key:3", key="tap") is None


async def test_a_key_is_kept_for_a_week(session, send, clock):
    await send({"quantity": 1})
    await submissions.answer(session, scope="form", key="tap", answer={"code": "ABCD1234"})
    clock.forward(days=7)
    await submissions.forget(session, now=clock())
    assert await send({"quantity": 1}) == Answered({"code": "ABCD1234"})
    clock.forward(seconds=1)
    await submissions.forget(session, now=clock())
    assert await submissions.look_up(session, scope="form", key="tap") is None
    assert await send({"quantity": 2}) is None


async def test_a_body_says_the_same_whatever_the_order_of_its_fields(clock):
    one = {"lines": [{"sku": "A", "quantity": 1}], "wanted_from": clock()}
    assert submissions.fingerprint_of(one) == submissions.fingerprint_of(dict(reversed(one.items())))
    later = {**one, "wanted_from": clock() + timedelta(seconds=1)}
    assert submissions.fingerprint_of(one) != submissions.fingerprint_of(later)
    assert submissions.fingerprint_of({"lines": [1, 2]}) != submissions.fingerprint_of({"lines": [2, 1]})
