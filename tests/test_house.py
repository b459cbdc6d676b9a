"""The nine rules of the house, as far as a machine can check them."""

import ast
import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit import languages
from kit.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("kit", "stores", "booking", "web")
BELOW_WEB = ("kit", "stores", "booking")


def modules(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text())


def functions(tree: ast.AST) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node, method


def is_table(cls: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Base" for base in cls.bases)


def test_methods_of_tables_never_await():
    found = [
        f"{path}: {cls.name}.{function.name}"
        for path, tree in modules(*ROOMS)
        for cls, function in functions(tree)
        if cls and is_table(cls) and isinstance(function, ast.AsyncFunctionDef)
    ]
    assert found == []


def test_what_awaits_below_web_takes_the_session_first():
    """Channels and the opening of transactions are the exceptions, and the stories of the demo, which hold theirs."""
    spared = ("kit/db.py", "booking/channels.py", "booking/demo/", "stores/staff/passwords.py")
    found = [
        f"{path}: {function.name}"
        for path, tree in modules(*BELOW_WEB)
        for cls, function in functions(tree)
        if isinstance(function, ast.AsyncFunctionDef) and cls is None and not str(path).startswith(spared)
        if not function.args.args or function.args.args[0].arg != "session"
    ]
    assert found == []


def test_nobody_below_web_commits():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules(*BELOW_WEB)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("commit", "rollback", "begin")
        and str(path) != "kit/db.py"
        and not (isinstance(node.func.value, ast.Name) and node.func.value.id not in ("session", "connection"))
    ]
    assert found == []


def test_only_the_clock_reads_the_time():
    banned = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    found = [
        f"{path}: {line.strip()}"
        for path, _ in modules(*ROOMS)
        for line in (ROOT / path).read_text().splitlines()
        if banned.search(line) and str(path) != "kit/clock.py" and not line.lstrip().startswith(("#", '"'))
    ]
    assert found == []


def test_arrows_point_one_way():
    done = subprocess.run([ROOT / ".venv/bin/lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_fragment_is_included_or_rendered_by_a_page():
    templates = ROOT / "templates"
    sources = {path: path.read_text() for path in templates.rglob("*.html")}
    python = "\n".join((ROOT / path).read_text() for path, _ in modules("web", "booking"))
    unused = [
        name
        for name in (str(path.relative_to(templates)) for path in sources if path.name.startswith("_"))
        if not any(f'"{name}"' in text for text in sources.values()) and f'"{name}"' not in python
    ]
    assert unused == []


def test_every_template_compiles():
    from kit.templates import environment

    env = environment()
    names = env.list_templates(extensions=["html"])
    assert len([env.get_template(name) for name in names]) == len(names) > 40


def test_every_message_exists_in_both_languages():
    folder = ROOT / "templates/messages"
    kinds: dict[str, set[str]] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("_"):
            language, _, rest = path.name.partition(".")
            kinds.setdefault(f"{path.parent.name}:{rest}", set()).add(language)
    assert kinds
    assert {kind: found for kind, found in kinds.items() if found != set(languages.LANGUAGES)} == {}


def test_the_french_catalogue_is_whole():
    assert languages.faults("fr") == []


FORBIDDEN_FR = re.compile(
    r"\b(panier|commander|commande[sz]?|veuillez|soumettre|invalide|oups|dépêchez|dernière chance)\b"
    r"|cliquez ici|plus que \d",
    re.IGNORECASE,
)
FORBIDDEN_EN = re.compile(
    r"\b(basket|checkout|check out|place your order|add to cart|hurry|last chance|oops|click here)\b", re.IGNORECASE
)


def test_no_word_of_selling_or_of_haste():
    """A reservation is never an order, and nothing here is urgent."""
    texts = {"fr": FORBIDDEN_FR, "en": FORBIDDEN_EN}
    found = []
    for language, forbidden in texts.items():
        for path in (ROOT / "templates/messages").rglob(f"{language}.*"):
            found += [f"{path.name}: {hit[0]}" for hit in forbidden.finditer(path.read_text())]
    for message in languages._read("fr"):
        words = message.string if isinstance(message.string, str) else " ".join(message.string or ())
        found += [f"fr: {hit[0]} in {words}" for hit in FORBIDDEN_FR.finditer(words)]
        said = message.id if isinstance(message.id, str) else " ".join(message.id or ())
        found += [f"en: {hit[0]} in {said}" for hit in FORBIDDEN_EN.finditer(said)]
    assert found == []


def test_nothing_is_bought_here():
    """No route, table or template knows a payment."""
    banned = re.compile(r"\b(payment_?intent|checkout|cart_id|stripe|paypal|card_number)\b", re.IGNORECASE)
    of_the_pool = 'engine.sync_engine, "checkout"'  # what SQLAlchemy calls taking a connection
    texts = {path: (ROOT / path).read_text().replace(of_the_pool, "") for path, _ in modules(*ROOMS)}
    assert [str(path) for path, text in texts.items() if banned.search(text)] == []


@pytest.mark.parametrize("name", [f"VITRINE_{name.upper()}" for name in Settings.__annotations__ if name != "demo"])
def test_every_setting_is_in_the_readme(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("noun", ["reservations", "appointments"])
def test_the_states_drawn_in_the_readme_are_the_transitions(noun):
    states = importlib.import_module(f"booking.{noun}.states")
    told = (ROOT / "README.md").read_text().partition(f"`booking/{noun}/states.py`")[2].split("```")[1]
    drawn = {
        (before, after.strip())
        for before, afters in re.findall(r"^([a-z_]+) → ([a-z_, ]+)$", told, re.MULTILINE)
        for after in afters.split(",")
    }
    assert drawn == {(str(before), str(after)) for before, afters in states.TRANSITIONS.items() for after in afters}


def test_no_inline_script_style_or_handler_in_a_page():
    bad = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/(ld\+)?json)|\son[a-z]+=\"|\sstyle=\"|hx-on")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path in (ROOT / "templates").rglob("*.html")
        if "messages" not in path.parts
        for line in path.read_text().splitlines()
        if bad.search(line)
    ]
    assert found == []


def test_locks_name_no_host():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(), lock.name


def test_no_file_names_the_machine_it_was_written_on():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    here = str(ROOT.parent) + "/"
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".html", ".js", ".css", ".lock", ".po"} and len(here) > 4:
            found += [name] if here in path.read_text(errors="ignore") else []
    assert found == []


def test_files_stay_rooms():
    """A noun past some 400 lines becomes a package (rule 1); a little grace for tables of states and drawings."""
    long = {str(path): n for path, _ in modules(*ROOMS) if (n := len((ROOT / path).read_text().splitlines())) > 520}
    assert {path: n for path, n in long.items() if "demo/pictures" not in path} == {}
