"""`python -m tests.words`: whether the catalogues hold just the sentences that were extracted into messages.pot.

Babel's own `update --check` calls every catalogue with contexts stale (2.18).
"""

import sys
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def sentences(path: Path) -> set[tuple[object, str | None]]:
    with path.open("rb") as file:
        return {(message.id, message.context) for message in read_po(file) if message.id}


def main() -> int:
    said = sentences(ROOT / "messages.pot")
    behind = 0
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/messages.po")):
        for sentence, _ in said ^ sentences(path):
            print(f"{path.relative_to(ROOT)}: {sentence}")
            behind += 1
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
