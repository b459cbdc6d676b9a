"""What a message says. Read when it is sent, so that it says what is true then, in the language of who receives it.

`composing` decides whether it still goes, to whom and how; `facts` is what it may say, `writing` how that is put into
words and into a page.
"""

from booking.letters.composing import (
    LONGEST_SMS_LINK,
    TEXTED,
    TEXTS_PER_DAY,
    Dropped,
    Letter,
    Unreachable,
    compose,
)

__all__ = ["LONGEST_SMS_LINK", "TEXTED", "TEXTS_PER_DAY", "Dropped", "Letter", "Unreachable", "compose"]
