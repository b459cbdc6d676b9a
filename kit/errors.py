"""Refusals: what the program says when the answer is no.

Raised where a rule is kept, shown by one handler in web/ as a page, a fragment or RFC 9457 problem details. `code` is
for programs and never changes; the sentence is for people and is made in the language spoken when it is shown:

    raise Refused("slot_taken", "That appointment has just been taken.", details={"nearest": nearest})

A refusal with facts of its own is a subclass beside its rule, with `code` and `msgid = lazy("…")`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from babel.support import LazyProxy

from kit.languages import SOURCE, gettext, lazy, speaking


class Refused(Exception):
    """`details` go to the API as they stand; `field` is the form field that the sentence belongs to."""

    status: ClassVar[int] = 409
    code: str = "refused"
    msgid: str | LazyProxy = lazy("This is not possible at the moment.")

    def __init__(
        self,
        code: str = "",
        msgid: str | LazyProxy = "",
        params: Mapping[str, object] | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        field: str | None = None,
    ) -> None:
        self.code = code or self.code
        self.msgid = msgid or self.msgid
        self.params = dict(params or {})
        self.details = dict(details or {})
        self.field = field
        super().__init__(self.code)

    @property
    def sentence(self) -> str:
        return _say(self.msgid, self.params)

    def __str__(self) -> str:
        with speaking(SOURCE):
            return f"{self.code}: {self.sentence}"


class NotFound(Refused):
    """Also another store's object: who may not see it does not learn that it exists."""

    status = 404
    code = "not_found"
    msgid = lazy("We cannot find what you are looking for.")


class Gone(Refused):
    status = 410
    code = "gone"
    msgid = lazy("This page is no longer available.")


class Forbidden(Refused):
    status = 403
    code = "forbidden"
    msgid = lazy("You do not have access to this page.")


@dataclass(frozen=True)
class FieldError:
    field: str
    code: str
    msgid: str | LazyProxy
    params: Mapping[str, object] | None = None

    @property
    def sentence(self) -> str:
        return _say(self.msgid, self.params)


class Invalid(Refused):
    """What was typed cannot be taken: several fields by `errors`, one by `field`, or a whole that makes no sense."""

    status = 422
    code = "invalid"
    msgid = lazy("Some details need correcting.")

    def __init__(
        self,
        code: str = "",
        msgid: str | LazyProxy = "",
        params: Mapping[str, object] | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        field: str | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(code, msgid, params, details=details, field=field)
        self.errors = list(errors)
        if field and not errors:
            self.errors = [FieldError(field, self.code, self.msgid, self.params)]


class TooMany(Refused):
    """`retry_after` in seconds, for the header of that name."""

    status = 429
    code = "too_many_requests"
    msgid = lazy("You have sent several requests in a short time. Try again in a few minutes.")

    def __init__(
        self,
        code: str = "",
        msgid: str | LazyProxy = "",
        params: Mapping[str, object] | None = None,
        *,
        retry_after: int,
    ) -> None:
        super().__init__(code, msgid, params, details={"retry_after": retry_after})
        self.retry_after = retry_after


def _say(msgid: str | LazyProxy, params: Mapping[str, object] | None) -> str:
    text = gettext(msgid) if isinstance(msgid, str) else str(msgid)
    return text % params if params else text
