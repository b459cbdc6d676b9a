"""The command `vitrine`: runs the processes, keeps the schema, fills the demo, makes accounts and keys."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
import uvicorn
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from booking import channels, journal
from booking.demo import aurore, chain
from kit import embedded, languages, log
from kit import settings as kit_settings
from kit.db import Database, make_engine
from kit.errors import Refused
from kit.settings import BadSetting, Settings
from stores import places, staff
from web import exporting, importing
from web import worker as web_worker
from web.app import connect_redis, make_clock
from web.demo import PASSWORD
from web.migrating import migrate as bring_up_to_date

app = typer.Typer(help="Vitrine: look online, reserve, come to the shop.", no_args_is_help=True)
user_app = typer.Typer(help="People who work here.", no_args_is_help=True)
key_app = typer.Typer(help="Keys of the API.", no_args_is_help=True)
app.add_typer(user_app, name="user")
app.add_typer(key_app, name="key")
console = Console()

ENGINES_LOOKED_AT_EVERY = 3.0
"""Seconds between two looks at whether the embedded engines still run."""
STOP_WITHIN = 8.0
"""Seconds that the demo's processes have to end in peace."""


def main() -> None:
    """Run the command; a wrong setting or a missing engine is one line and no traceback."""
    try:
        app()
    except BadSetting as wrong:
        console.print(wrong.line, style="red", highlight=False, soft_wrap=True)
        sys.exit(wrong.code)
    except embedded.EngineUnavailable as missing:
        console.print(str(missing), style="red", highlight=False, soft_wrap=True)
        sys.exit(69)
    except Refused as refused:
        console.print(str(refused), style="red", highlight=False, soft_wrap=True)
        sys.exit(1)


def _settings() -> Settings:
    """Settings with an address of PostgreSQL and of Redis: those given, or of the embedded ones, started if need be."""
    demo = os.environ.get("VITRINE_DEMO") == "1"
    settings = kit_settings.load(demo=demo)
    log.set_up(settings.log_format)
    return _with_engines(settings)


def _with_engines(settings: Settings) -> Settings:
    if not settings.database_url:
        settings = replace(settings, database_url=embedded.start_postgres(settings.data_dir))
    if not settings.redis_url:
        settings = replace(settings, redis_url=embedded.start_valkey(settings.data_dir))
    return settings


def _in_a_transaction(settings: Settings, work: Callable[[AsyncSession], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        database = Database(make_engine(settings.database_url))
        try:
            async with database.work() as session:
                return await work(session)
        finally:
            await database.engine.dispose()

    return asyncio.run(run())


# The processes


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that share the port.")] = 1,
) -> None:
    """Answer HTTP until SIGTERM."""
    settings = _settings()
    channels.self_check(settings)
    # uvicorn's processes read their settings themselves: the engines are running by now, and this process holds them
    os.environ["VITRINE_DATABASE_URL"], os.environ["VITRINE_REDIS_URL"] = settings.database_url, settings.redis_url
    uvicorn.run(
        "web.cli:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=5,
    )


def application() -> Any:
    """The site with the settings of the environment; what uvicorn calls in each of its processes."""
    from web.app import create_app

    return create_app(_settings())


@app.command()
def worker() -> None:
    """Send messages and do what time does, until SIGTERM."""
    settings = _settings()
    asyncio.run(web_worker.run(settings))


@app.command()
def demo(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    data: Annotated[Path, typer.Option(help="Where everything lives.")] = Path(".vitrine"),
    fresh: Annotated[bool, typer.Option(help="Forget what was there and begin again.")] = False,
) -> None:
    """The invented house Aurore: engines, data, site and worker by one command. Ctrl-C ends all of it."""
    data = data.resolve()
    if fresh and data.exists():
        shutil.rmtree(data)
    environ = {
        **os.environ,
        "VITRINE_DEMO": "1",
        "VITRINE_DATA_DIR": str(data),
        "VITRINE_BASE_URL": os.environ.get("VITRINE_BASE_URL", f"http://{_shown(host)}:{port}"),
    }
    given = kit_settings.load(environ, demo=True)
    settings = _with_engines(given)
    log.set_up(settings.log_format)
    bring_up_to_date(settings.database_url)
    _fill(settings)
    environ |= {"VITRINE_DATABASE_URL": settings.database_url, "VITRINE_REDIS_URL": settings.redis_url}
    commands = [["serve", "--host", host, "--port", str(port)], ["worker"]]
    with _ended_by_signals() as asked_to_end:
        children = {tuple(command): _spawn(command, environ) for command in commands}
        _welcome(settings)
        status = _keep_alive(children, environ, given, asked_to_end)
        _end(list(children.values()))
    embedded.stop_using(settings.data_dir)
    sys.exit(status)


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 – compared, not bound


def _fill(settings: Settings) -> None:
    """Load the house Aurore into an empty database."""

    async def fill(session: AsyncSession) -> None:
        if await aurore.is_empty(session):
            console.print("Loading the stores and the catalogue of Aurore …")
            await aurore.build(
                session,
                media_dir=settings.media_dir,
                secret=settings.secret,
                now=make_clock(settings)(),
                password=PASSWORD,
            )

    _in_a_transaction(settings, fill)


def _spawn(command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "web.cli", *command], env=environ, start_new_session=True)


@contextmanager
def _ended_by_signals() -> Iterator[list[int]]:
    """A list that is filled when somebody asks this process to end."""
    asked: list[int] = []
    before = {
        name: signal.signal(name, lambda number, _: asked.append(number)) for name in (signal.SIGTERM, signal.SIGINT)
    }
    yield asked
    for name, handler in before.items():
        signal.signal(name, handler)


def _keep_alive(
    children: dict[tuple[str, ...], subprocess.Popen[bytes]],
    environ: dict[str, str],
    given: Settings,
    asked_to_end: list[int],
) -> int:
    """Start again whoever dies, engines included, until asked to end; a site that cannot even start is given up."""
    began = looked = time.monotonic()
    while not asked_to_end:
        time.sleep(0.1)
        if time.monotonic() - looked > ENGINES_LOOKED_AT_EVERY:
            looked = time.monotonic()
            try:
                _with_engines(given)
            except embedded.EngineUnavailable as gone:
                console.print(str(gone), style="red", highlight=False)
        for command, child in children.items():
            if child.poll() is None:
                continue
            if command[0] == "serve" and time.monotonic() - began < 5:
                console.print("The site could not start. Is the port taken?", style="red")
                return child.returncode or 1
            children[command] = _spawn(list(command), environ)
            time.sleep(0.5)
    return 0


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_WITHIN
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _welcome(settings: Settings) -> None:
    console.print(f"\n[bold]{settings.house_name}[/bold] is open at [bold]{settings.base_url}/[/bold]", highlight=False)
    console.print(f"  staff       {settings.base_url}/fr/staff/login", highlight=False)
    for email, what in (
        ("ines.belkacem@aurore.example", "advisor at Rivoli"),
        ("helene.castaing@aurore.example", "manager at Rivoli"),
        ("solene.aubry@aurore.example", "admin"),
    ):
        console.print(f"    {email} / {PASSWORD}   {what}", highlight=False)
    console.print(f"  mail        {settings.base_url}/demo/mail", highlight=False)
    console.print(f"  everything  {settings.base_url}/demo", highlight=False)
    console.print("Ctrl-C ends it.\n")


# The schema and the state of things


@app.command()
def migrate() -> None:
    """Bring the schema up to date."""
    settings = _settings()
    bring_up_to_date(settings.database_url)
    console.print("The schema is up to date.")


@app.command()
def doctor() -> None:
    """Check settings, database, queue, mail and message catalogues: a line each; exit 1 where something is wrong."""
    lines: list[tuple[bool, str]] = []
    try:
        settings = kit_settings.load(demo=os.environ.get("VITRINE_DEMO") == "1")
        lines.append((True, "settings: read"))
    except BadSetting as wrong:
        console.print(f"[red]wrong[/red]  {wrong.line}", highlight=False)
        raise typer.Exit(1) from None
    lines += [(True, f"engine: {line}") for line in embedded.describe() if not settings.database_url]
    lines += asyncio.run(_check_services(settings))
    for language in languages.LANGUAGES:
        faults = languages.faults(language)
        lines.append(
            (
                not faults,
                f"messages {language}: " + (f"{len(faults)} faults, first: {faults[0]}" if faults else "whole"),
            )
        )
    for right, line in lines:
        console.print(
            f"{'[green]right[/green]' if right else '[red]wrong[/red]'}  {line}", highlight=False, soft_wrap=True
        )
    if not all(right for right, _ in lines):
        raise typer.Exit(1)


async def _check_services(settings: Settings) -> list[tuple[bool, str]]:
    """The database, the queue and the mail server, each by one question."""
    try:
        settings = _with_engines(settings)
    except embedded.EngineUnavailable as missing:
        return [(False, str(missing))]
    lines = []
    try:
        database = Database(make_engine(settings.database_url))
        async with database.work(readonly=True) as session:
            version = await session.scalar(text("show server_version"))
        lines.append((True, f"database: PostgreSQL {version}"))
        await database.engine.dispose()
    except Exception as error:
        lines.append((False, f"database: {error}"))
    try:
        redis = connect_redis(settings.redis_url)
        info = await redis.info("server")
        lines.append(
            (True, f"queue: {info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}")
        )
        await redis.aclose()
    except Exception as error:
        lines.append((False, f"queue: {error}"))
    try:
        channels.self_check(settings)
        lines.append((True, f"mail: {await channels.Channels(settings).greet()}"))
    except (Exception, SystemExit) as error:
        lines.append((False, f"mail: {error}"))
    return lines


@app.command()
def seed(
    stores: Annotated[int, typer.Option(help="Stores of a synthetic chain; 0: the house Aurore.")] = 0,
    products: Annotated[int, typer.Option(help="Products of a synthetic chain; 0: the house Aurore.")] = 0,
    seed: Annotated[int, typer.Option("--seed", help="The same number makes the same chain.")] = 1,
) -> None:
    """Load the demo's data into an empty database, or a repeatable chain of any size for load tests."""
    settings = _settings()
    bring_up_to_date(settings.database_url)
    now = make_clock(settings)()
    if not _in_a_transaction(settings, aurore.is_empty):
        console.print("There is something in this database already: seed an empty one.", style="red")
        raise typer.Exit(1)
    if not stores and not products:
        _in_a_transaction(
            settings,
            lambda session: aurore.build(
                session, media_dir=settings.media_dir, secret=settings.secret, now=now, password=PASSWORD
            ),
        )
        return

    async def run() -> None:
        database = Database(make_engine(settings.database_url))
        with Progress(console=console) as bar:
            task = bar.add_task("Making the chain", total=None)
            await chain.build(
                database.work,
                stores=stores or 5,
                products=products or 1000,
                seed=seed,
                media_dir=settings.media_dir,
                secret=settings.secret,
                now=now,
                password=PASSWORD,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        await database.engine.dispose()

    asyncio.run(run())


# In and out


@app.command()
def export(
    what: Annotated[exporting.Export, typer.Argument(help="What to take away.")],
    out: Annotated[Path | None, typer.Option(help="The file; without it, standard output.")] = None,
    language: Annotated[str, typer.Option(help="Of a feed: fr or en.")] = languages.DEFAULT,
    separator: Annotated[str, typer.Option(help="Between cells: , or ; as French spreadsheets expect.")] = ",",
) -> None:
    """Write a file that `import` takes back unchanged, the register of reservations, or a feed."""
    if language not in languages.LANGUAGES or separator not in (",", ";", "\t"):
        raise typer.BadParameter("--language is fr or en, --separator is , or ;")
    settings = _settings()
    now = make_clock(settings)()

    async def write(session: AsyncSession, file: BinaryIO) -> None:
        given = exporting.pieces(session, what, settings, by="command", now=now, language=language, delimiter=separator)
        async for piece in given:
            file.write(piece)

    if out is not None:
        draft = out.with_name(f"{out.name}.part")
        with draft.open("wb") as file:
            _in_a_transaction(settings, lambda session: write(session, file))
        draft.replace(out)
        return
    with tempfile.TemporaryFile() as whole:  # a slow reader must not keep the transaction open
        _in_a_transaction(settings, lambda session: write(session, whole))
        whole.seek(0)
        shutil.copyfileobj(whole, sys.stdout.buffer)


@app.command("import")
def bring(
    what: Annotated[importing.Subject, typer.Argument(help="What the file is about.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    format: Annotated[importing.Format, typer.Option(help="Who wrote it.")] = importing.Format.AUTO,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it and change nothing.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="It names all there is: hide, or count as none, the rest.")
    ] = False,
    add: Annotated[list[str] | None, typer.Option(help="pictures or facts: added to those that are there.")] = None,
    confirm: Annotated[str, typer.Option(help="The number that an unlikely import asks for.")] = "",
    columns_in: Annotated[str, typer.Option(help="Language of columns that do not say theirs: fr or en.")] = "fr",
    language: Annotated[str, typer.Option(help="Of the report: fr or en; without it, that of LANG.")] = "",
) -> None:
    """Bring a file: 0 where all was taken, 1 where rows were rejected, 2 where nothing was changed."""
    settings = _settings()
    options = {"mode": "full" if full else "partial", "add": add or [], "columns_in": columns_in}
    said = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    language = language or (said[:2] if said[:2] in languages.LANGUAGES else languages.SOURCE)
    with languages.speaking(language), Progress(console=Console(stderr=True)) as bar:
        bringing = importing.Bringing(make_clock(settings), settings.database_url, bar, console)
        code = asyncio.run(bringing.bring(file, what, format, options, dry_run=dry_run, confirm=confirm))
    raise typer.Exit(code)


# People and keys


@user_app.command("add")
def add_user(
    email: str,
    role: Annotated[staff.Role, typer.Option(help="What they may do.")],
    store: Annotated[list[str] | None, typer.Option(help="Slug of a store where they work; may be repeated.")] = None,
    first_name: Annotated[str, typer.Option(help="Signs messages.")] = "",
    last_name: Annotated[str, typer.Option()] = "",
    language: Annotated[str, typer.Option(help="fr or en")] = "fr",
) -> None:
    """Make an account; its password is printed once, alone on its line."""
    settings = _settings()
    now = make_clock(settings)()

    async def add(session: AsyncSession) -> str:
        ids = [(await places.find(session, slug)).id for slug in store or []]
        account, password = await staff.add_account(
            session,
            email,
            role,
            first_name=first_name or email.partition("@")[0].partition(".")[0].capitalize(),
            last_name=last_name,
            store_ids=ids,
            language=language,
            now=now,
        )
        await journal.record(session, "account", account.id, "added", by="command", now=now, detail={"role": role})
        return password

    print(_in_a_transaction(settings, add))


@key_app.command("add")
def add_key(
    name: str,
    scope: Annotated[list[staff.Scope], typer.Option(help="What it may do; may be repeated.")],
    store: Annotated[
        list[str] | None, typer.Option(help="Slug of a store; may be repeated. None: every store.")
    ] = None,
) -> None:
    """Make a key of the API; it is printed once, alone on its line."""
    settings = _settings()
    now = make_clock(settings)()

    async def add(session: AsyncSession) -> str:
        ids = [(await places.find(session, slug)).id for slug in store or []]
        return await staff.add_key(session, name, list(scope), ids or None, now=now)

    print(_in_a_transaction(settings, add))


if __name__ == "__main__":
    main()
