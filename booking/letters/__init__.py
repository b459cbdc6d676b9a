"""What a message says. Read when it is sent, so that it says what is true then, in the language of who receives it.

`composing` decides whether it still goes, `appointments` does so for those about an appointment; `reaching` knows to
whom and how, `facts`, `visits` and `agenda` what it may say, `writing` how that is put into words and into a page.
"""

from booking.letters.composing import compose
from booking.letters.letter import Dropped, Letter, Unreachable
from booking.letters.reaching import TEXTED, TEXTS_PER_DAY
from booking.letters.writing import LONGEST_SMS_LINK

__all__ = ["LONGEST_SMS_LINK", "TEXTED", "TEXTS_PER_DAY", "Dropped", "Letter", "Unreachable", "compose"]
