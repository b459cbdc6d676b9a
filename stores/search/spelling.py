"""The words that the names of the house are made of, to put right what was mistyped.

Learnt from the catalogue by the worker when it has changed; a word of one slip more or less costs nobody an article.
"""

from datetime import datetime

from sqlalchemy import Index, exists, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base
from kit.languages import LANGUAGES
from stores.catalogue import Product
from stores.search.words import fold, typed_words

ALIKE = 0.35
"""Trigrams that two words must share, of all that they have (`similarity` of pg_trgm)."""
SHORTEST = 4
"""Shorter words are alike to too many."""

LEARNING = 7_391_021
"""Key of the advisory lock."""

LEARN = """
insert into search_word (language, word, articles)
select :language, word, ndoc from ts_stat($$
    select to_tsvector('simple', vitrine_unaccent(coalesce(name->>'{language}', name->>'fr', '') || ' ' || brand))
    from product where state = 'published' and listed
$$) where length(word) >= {shortest} and word !~ '[0-9]'
on conflict (language, word) do update set articles = excluded.articles
where search_word.articles is distinct from excluded.articles
"""


class SearchWord(Base):
    """A word of the names and brands that are shown, folded, and in how many articles it stands."""

    __tablename__ = "search_word"
    __table_args__ = (
        Index("ix_search_word_alike", "word", postgresql_using="gin", postgresql_ops={"word": "gin_trgm_ops"}),
    )

    language: Mapped[str] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(primary_key=True)
    articles: Mapped[int]


async def changed_since(session: AsyncSession, when: datetime) -> bool:
    """Whether any article was changed after that, so that there may be something to learn."""
    return bool(await session.scalar(select(exists(select(Product.id).where(Product.updated_at > when)))))


async def learn(session: AsyncSession) -> None:
    """Read the names that are shown now; forget words that no name bears any more. A second for 100,000 articles.

    One worker at a time: another that comes meanwhile has nothing to do.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(LEARNING))):
        return
    await session.execute(text("set local statement_timeout = '60s'"))
    await session.execute(text("update search_word set articles = 0"))
    for language in LANGUAGES:
        await session.execute(text(LEARN.format(language=language, shortest=SHORTEST)), {"language": language})
    await session.execute(text("delete from search_word where articles = 0"))


async def put_right(session: AsyncSession, typed: str, language: str) -> str | None:
    """What was probably meant, each unknown word replaced by the likest that is known; None when nothing is alike."""
    changed, words = False, []
    for word in typed_words(fold(typed)):
        better = word if len(word) < SHORTEST else await _likest(session, word, language)
        if better is None:
            return None
        changed = changed or better != word
        words.append(better)
    return " ".join(words) if changed else None


async def _likest(session: AsyncSession, word: str, language: str) -> str | None:
    alike = func.similarity(SearchWord.word, literal(word))
    query = (
        select(SearchWord.word)
        .where(SearchWord.language == language, SearchWord.word.op("%")(literal(word)), alike >= ALIKE)
        .order_by((SearchWord.word == word).desc(), alike.desc(), SearchWord.articles.desc(), SearchWord.word)
        .limit(1)
    )
    found: str | None = await session.scalar(query)
    return found
