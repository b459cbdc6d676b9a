"""The demo's mailbox: what would have been sent, kept where a visitor can read it."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from booking.letters import Letter
from kit.db import Base
from kit.languages import gettext, speaking


class DemoMail(Base):
    """One mail, SMS or note that the demo kept instead of sending it."""

    __tablename__ = "demo_mail"
    __table_args__ = (Index("ix_demo_mail_at", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """Of the message."""
    to: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    template: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]
    html: Mapped[str] = mapped_column(default="")
    links: Mapped[list[Any]]
    at: Mapped[datetime]


async def keep(session: AsyncSession, letter: Letter, message_id: uuid.UUID, *, now: datetime) -> None:
    """Put it into the mailbox; the same message twice is there once."""
    await session.execute(
        insert(DemoMail)
        .values(
            id=message_id,
            to=letter.to,
            channel=letter.channel,
            language=letter.language,
            template=letter.template,
            subject=letter.subject,
            text=_with_attachment(letter),
            html=letter.html,
            links=list(letter.links),
            at=now,
        )
        .on_conflict_do_nothing()
    )


def _with_attachment(letter: Letter) -> str:
    """A visitor of the demo reads that a file went with it; the file itself is not kept."""
    if not letter.attachment:
        return letter.text
    with speaking(letter.language):
        words = gettext("Attached: %(name)s", name=letter.attachment)
    return f"{letter.text}\n{words}\n"


async def newest(session: AsyncSession, *, limit: int = 200) -> Sequence[DemoMail]:
    """The latest first."""
    query = select(DemoMail).order_by(DemoMail.at.desc(), DemoMail.id).limit(limit)
    return (await session.scalars(query)).all()
