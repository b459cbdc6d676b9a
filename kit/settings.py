"""Settings, read once from the environment (and a `.env` file), checked, and then never changed."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

PREFIX = "VITRINE_"


class BadSetting(SystemExit):
    """A setting that cannot be used: one line that names it, exit status 78 (EX_CONFIG of sysexits.h)."""

    def __init__(self, name: str, reason: str) -> None:
        self.line = f"{PREFIX}{name}: {reason}"
        super().__init__(78)

    def __str__(self) -> str:
        return self.line


@dataclass(frozen=True)
class Settings:
    """Everything an installation can choose, by environment variables named VITRINE_… (see README)."""

    database_url: str = ""
    """PostgreSQL 15 or newer, `postgresql+asyncpg://…`. Empty: the embedded one, in `data_dir`."""
    redis_url: str = ""
    """Redis 7 or Valkey. Empty: the embedded one, in `data_dir`."""
    data_dir: Path = Path(".vitrine")
    """Where embedded engines, pictures and the demo's clock live."""
    base_url: str = "http://127.0.0.1:8000"
    """Public address of the site, without a slash at its end; links in messages start with it."""
    secret_key: str = field(default="", repr=False)
    """Signs cookies and private links; at least 32 signs; must be set outside the demo."""
    smtp_url: str = field(default="", repr=False)
    """`smtp://user:password@host:port`, or `smtps://`. Empty in the demo: its own mailbox at /demo/mail."""
    mail_from: str = "Vitrine <boutique@vitrine.example>"
    """Sender of every mail; replies go to the store's mailbox."""
    sms_url: str = field(default="", repr=False)
    """An Apprise address that sends SMS; `{to}` in it is replaced by the number."""
    short_url: str = ""
    """Base of the links in SMS. Empty: the base address."""
    clock_offset: int = 0
    """Seconds added to the program's clock at the start; demo only."""
    limits: Literal["on", "off"] = "on"
    """Rate limits and abuse checks; `off` is accepted in the demo and in tests only."""
    metrics_token: str = field(default="", repr=False)
    """What a reader of /metrics must send as `Authorization: Bearer …`. Empty: only this machine may read it."""
    log_format: Literal["console", "json"] = "console"
    """One line of words, or one JSON object a line."""
    house_name: str = "Aurore"
    """The wordmark: the name of the retailer."""
    erase_after_days: int = 90
    """Days after the end of a reservation until the shopper's name and contact are erased."""
    trusted_proxies: str = "127.0.0.1"
    """Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed, separated by commas."""
    demo: bool = False
    """Set by `vitrine demo` alone."""

    @property
    def secret(self) -> bytes:
        return self.secret_key.encode()

    @property
    def secure(self) -> bool:
        """Cookies carry `Secure` and the `__Host-` prefix when the site is served over https."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def media_dir(self) -> Path:
        return self.data_dir / "media"


def load(environ: Mapping[str, str] = os.environ, *, demo: bool = False, dotenv: Path = Path(".env")) -> Settings:
    """Settings from `environ`, which wins over the `.env` file. Raises `BadSetting` for the first wrong one."""
    given = {**_read_dotenv(dotenv), **environ}
    values: dict[str, object] = {"demo": demo}
    for name, kind in Settings.__annotations__.items():
        raw = given.get(PREFIX + name.upper())
        if raw is None or name == "demo":
            continue
        values[name] = _convert(name.upper(), raw.strip(), kind)
    settings = Settings(**values)  # type: ignore[arg-type]
    if demo and not settings.secret_key:
        settings = Settings(**{**values, "secret_key": _demo_secret(settings.data_dir)})  # type: ignore[arg-type]
    _check(settings)
    return settings


def _read_dotenv(path: Path) -> dict[str, str]:
    """`NAME=value` a line; `#` begins a comment line; quotes around a value are dropped."""
    if not path.is_file():
        return {}
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name.strip().removeprefix("export ").strip(): value.strip().strip("\"'") for name, value in pairs}


def _convert(name: str, raw: str, kind: object) -> object:
    if kind is int:
        try:
            return int(raw)
        except ValueError:
            raise BadSetting(name, f"{raw!r} is not a whole number") from None
    if kind is Path:
        return Path(raw).expanduser()
    choices = getattr(kind, "__args__", ())
    if choices and raw not in choices:
        raise BadSetting(name, f"{raw!r} is none of {', '.join(choices)}")
    return raw.rstrip("/") if name in ("BASE_URL", "SHORT_URL") else raw


def _demo_secret(data_dir: Path) -> str:
    """A secret of the demo's own, kept beside its data so that links in its mails outlive a restart."""
    kept = data_dir / "secret-key"
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_hex(32))
    return kept.read_text().strip()


def _check(settings: Settings) -> None:
    if len(settings.secret_key) < 32:
        raise BadSetting("SECRET_KEY", "must be set, with at least 32 signs")
    for name in ("base_url", "short_url"):
        url = getattr(settings, name)
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise BadSetting(name.upper(), f"{url!r} is not an http address")
    if settings.database_url and not settings.database_url.startswith("postgresql+asyncpg://"):
        raise BadSetting("DATABASE_URL", "must begin with postgresql+asyncpg://")
    if settings.redis_url and urlsplit(settings.redis_url).scheme not in ("redis", "rediss", "unix"):
        raise BadSetting("REDIS_URL", "must begin with redis://, rediss:// or unix://")
    if settings.smtp_url and urlsplit(settings.smtp_url).scheme not in ("smtp", "smtps"):
        raise BadSetting("SMTP_URL", "must begin with smtp:// or smtps://")
    if settings.erase_after_days < 1:
        raise BadSetting("ERASE_AFTER_DAYS", "must be at least 1")
    if not settings.demo:
        if settings.clock_offset:
            raise BadSetting("CLOCK_OFFSET", "moves the clock in the demo only")
        if settings.limits == "off":
            raise BadSetting("LIMITS", "can be off in the demo only")
        if not settings.smtp_url:
            raise BadSetting("SMTP_URL", "must be set outside the demo")
