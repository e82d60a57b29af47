# ruff: noqa: RUF009 -- _setting() returns a dataclass field, as field() does
"""Every setting of the product, read once from the environment; nothing below `web/` reads it.

A setting is a field of `Settings` with a type, a default and one line of help. Its variable is `AMTSWEG_` and its name
in capitals. A secret is looked for in a file first (`AMTSWEG_<NAME>_FILE`, then `/run/secrets/AMTSWEG_<NAME>`), in
the variable second. `docs/settings.md` is written from this file by `amtsweg config docs`.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import quote, urlsplit

PREFIX = "AMTSWEG_"
SECRETS_DIR = Path("/run/secrets")
HERE = Path(__file__).parent

_MIN_SECRET_CHARS = 32
_TENANT_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class SettingsError(Exception):
    """The settings cannot be used; `problems` holds one English sentence for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class Secret:
    """A value that shows itself only when asked by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __bool__(self) -> bool:
        return bool(self._value)


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class IdentitySource(StrEnum):
    DEMO = "demo"
    OIDC = "oidc"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Tenant:
    """The city that runs the house: what stands in headers, letters and legal pages (a TOML file)."""

    key: str
    city_name: str
    city_short: str
    street: str
    postcode: str
    town: str
    phone: str
    email: str
    website: str
    represented_by: str
    vat_id: str
    privacy_officer: str
    privacy_email: str
    supervisory_authority: str
    accessibility_email: str
    accessibility_checked_on: str
    enforcement_body: str
    offices: Mapping[str, str]

    def office(self, key: str) -> str:
        """Return the office's name, or the key where the file names none."""
        return self.offices.get(key, key)


_DERIVED = Path()  # stands for a place in `data_dir`
_NONE = Secret("")


def _setting(default: Any, what: str, *, shown_default: str = "") -> Any:
    return field(default=default, metadata={"help": what, "shown_default": shown_default})


@dataclass(frozen=True)
class Settings:
    """What the environment says; paths are absolute."""

    env: Environment = _setting(
        Environment.DEVELOPMENT, "development, test or production; production refuses demo identities and weak secrets."
    )
    base_url: str = _setting(
        "http://127.0.0.1:8080", "Address under which people reach the house, without a slash at its end."
    )
    host: str = _setting("127.0.0.1", "Network address to listen on.")
    port: int = _setting(8080, "Port to listen on.")
    threads: int = _setting(8, "Threads of one web process; the demo identity provider needs at least 2.")
    trusted_proxies: int = _setting(
        0, "Number of reverse proxies in front whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    data_dir: Path = _setting(Path("var"), "Folder for what lasts, where no other setting names a place.")
    database_url: str = _setting(
        "",
        "SQLAlchemy address: sqlite:///path or postgresql+psycopg://user@host/name.",
        shown_default="SQLite in `data_dir`",
    )
    database_password: Secret = _setting(_NONE, "Password of the database user, kept apart from the address.")
    object_dir: Path = _setting(
        _DERIVED, "Folder of the object store (documents, encrypted).", shown_default="`objects` in `data_dir`"
    )
    master_key_file: Path = _setting(
        _DERIVED, "File with the master key that wraps every data key.", shown_default="`master.key` in `data_dir`"
    )
    anchor_file: Path = _setting(
        _DERIVED,
        "File outside the database to which chain heads are appended; in production on another system.",
        shown_default="`anchors.jsonl` in `data_dir`",
    )
    secret_key: Secret = _setting(
        _NONE,
        "At least 32 random characters; signs and encrypts sessions.",
        shown_default="a public one, not in production",
    )
    procedures_dir: Path = _setting(
        HERE.parent / "processes", "Folder with one folder per procedure.", shown_default="`processes` of the release"
    )
    tenant_file: Path = _setting(
        HERE / "tenants" / "darmstadt.toml",
        "Profile of the city: key, name, offices, contacts for legal pages.",
        shown_default="the demo city of the release",
    )
    identity: IdentitySource = _setting(
        IdentitySource.DEMO, "demo (named personas, never in production) or oidc (the two realms below)."
    )
    oidc_buerger_issuer: str = _setting("", "Issuer address of the realm for citizens (Servicekonto).")
    oidc_buerger_client_id: str = _setting("amtsweg-portal", "Client id in the realm for citizens.")
    oidc_buerger_client_secret: Secret = _setting(_NONE, "Client secret in the realm for citizens.")
    oidc_amt_issuer: str = _setting("", "Issuer address of the realm for staff.")
    oidc_amt_client_id: str = _setting("amtsweg-amt", "Client id in the realm for staff.")
    oidc_amt_client_secret: Secret = _setting(_NONE, "Client secret in the realm for staff.")
    smtp_host: str = _setting(
        "", "Mail server for notices; without one they are written as files into `data_dir`/mail."
    )
    smtp_port: int = _setting(587, "Port of the mail server; it must offer STARTTLS unless it is this machine.")
    smtp_user: str = _setting("", "User at the mail server.")
    smtp_password: Secret = _setting(_NONE, "Password at the mail server.")
    mail_from: str = _setting("", "Sender of notices.", shown_default="the city's address in the profile")
    kasse_outbox_dir: Path = _setting(
        _DERIVED,
        "Folder into which Sollstellungen go as files for the finance system.",
        shown_default="`kasse/ausgang` in `data_dir`",
    )
    kasse_inbox_dir: Path = _setting(
        _DERIVED,
        "Folder from which the acknowledgements of the finance system are read.",
        shown_default="`kasse/eingang` in `data_dir`",
    )
    max_request_mb: int = _setting(25, "Largest request that is read, in megabytes.")
    metrics_token: Secret = _setting(
        _NONE,
        "Bearer token for /metrics; without one only this machine may read it.",
        shown_default="only this machine",
    )
    log_format: LogFormat = _setting(LogFormat.TEXT, "text for people, json (one object a line) for collectors.")
    tenant: Tenant = field(init=False)

    def __post_init__(self) -> None:
        root, tenant = self.data_dir.absolute(), read_tenant(self.tenant_file)
        resolved: dict[str, Any] = {
            "data_dir": root,
            "database_url": self.database_url or f"sqlite:///{root / 'amtsweg.sqlite'}",
            "object_dir": _place(self.object_dir, root / "objects"),
            "master_key_file": _place(self.master_key_file, root / "master.key"),
            "anchor_file": _place(self.anchor_file, root / "anchors.jsonl"),
            "kasse_outbox_dir": _place(self.kasse_outbox_dir, root / "kasse" / "ausgang"),
            "kasse_inbox_dir": _place(self.kasse_inbox_dir, root / "kasse" / "eingang"),
            "secret_key": self.secret_key or Secret(_PUBLIC_SECRET),
            "procedures_dir": self.procedures_dir.absolute(),
            "tenant": tenant,
            "mail_from": self.mail_from or tenant.email,
        }
        for name, value in resolved.items():
            object.__setattr__(self, name, value)  # the way of a frozen dataclass to finish itself
        problems = _contradictions(self)
        if problems:
            raise SettingsError(problems)

    def database_address(self) -> str:
        """Return the database address with its password, for the connection only."""
        password = self.database_password.reveal()
        if not password:
            return self.database_url
        scheme, _, rest = self.database_url.partition("://")
        user, _, place = rest.partition("@")
        return f"{scheme}://{user}:{quote(password, safe='')}@{place}"

    @property
    def is_production(self) -> bool:
        return self.env is Environment.PRODUCTION

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def secret_key_bytes(self) -> bytes:
        return self.secret_key.reveal().encode()


_PUBLIC_SECRET = "public-and-therefore-never-in-production"  # noqa: S105 -- says what it is; production refuses it


@dataclass(frozen=True, slots=True)
class SettingHelp:
    """One line of the generated documentation."""

    variable: str
    type: str
    default: str
    help: str


def read_settings(environ: Mapping[str, str], *, secrets_dir: Path = SECRETS_DIR) -> Settings:
    """Return the settings of an environment such as `os.environ`; raises SettingsError with every problem at once."""
    values: dict[str, Any] = {}
    problems = _misspelled(environ)
    for entry in _entries():
        try:
            text = _text_of(entry, environ, secrets_dir)
            if text is not None:
                values[entry.name] = _PARSERS[_type_name(entry)](text)
        except (OSError, ValueError) as error:
            problems.append(f"{_variable(entry)}: {error}")
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def read_tenant(path: Path) -> Tenant:
    """Read a city's profile; raises SettingsError that names what is missing or unknown."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path}: cannot be read as TOML: {error}"]) from error
    known = {entry.name for entry in fields(Tenant)}
    problems = [f"{path}: {name} is missing" for name in sorted(known - data.keys())]
    problems += [f"{path}: {name} is not part of a profile" for name in sorted(data.keys() - known)]
    problems += [
        f"{path}: {name} must be text"
        for name in sorted(known & data.keys() - {"offices"})
        if not isinstance(data[name], str)
    ]
    offices = data.get("offices", {})
    if not isinstance(offices, dict) or not all(isinstance(name, str) for name in offices.values()):
        problems.append(f"{path}: offices must map a key to a name")
    if not problems and not _TENANT_KEY.fullmatch(data["key"]):
        problems.append(f"{path}: key may hold small letters, digits, - and _")
    if problems:
        raise SettingsError(problems)
    return Tenant(**data)


def describe() -> list[SettingHelp]:
    """Return every setting in the order of `Settings`, for the documentation."""
    return [
        SettingHelp(
            variable=_variable(entry),
            type=_type_name(entry),
            default=entry.metadata["shown_default"] or _shown(entry.default),
            help=entry.metadata["help"],
        )
        for entry in _entries()
    ]


def _entries() -> list[Field[Any]]:
    return [entry for entry in fields(Settings) if entry.init]


def _variable(entry: Field[Any]) -> str:
    return PREFIX + entry.name.upper()


def _type_name(entry: Field[Any]) -> str:
    """Return "str", "int", "Path", "Secret" or the name of an enum."""
    return str(_HINTS[entry.name].__name__)


def _is_secret(entry: Field[Any]) -> bool:
    return _type_name(entry) == "Secret"


def _text_of(entry: Field[Any], environ: Mapping[str, str], secrets_dir: Path) -> str | None:
    """Return the written value or None; an empty variable counts as not set."""
    variable = _variable(entry)
    if _is_secret(entry):
        named = environ.get(f"{variable}_FILE", "")
        path = Path(named) if named else secrets_dir / variable
        if named or path.is_file():
            return path.read_text("utf-8").strip()
    return environ.get(variable, "").strip() or None


def _misspelled(environ: Mapping[str, str]) -> list[str]:
    """Find variables that look like a setting but are none; a silent default would be worse."""
    known = {_variable(entry) for entry in _entries()}
    known |= {f"{_variable(entry)}_FILE" for entry in _entries() if _is_secret(entry)}
    problems = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.85)
            if close:
                problems.append(f"{name} is not a setting; did you mean {close[0]}?")
    return problems


_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def _contradictions(settings: Settings) -> list[str]:
    parts = urlsplit(settings.base_url)
    checks = [
        (
            parts.scheme in {"http", "https"} and parts.netloc and not parts.path,
            "BASE_URL: must look like https://host[:port]",
        ),
        (
            settings.is_https or parts.hostname in _THIS_MACHINE,
            "BASE_URL: plain http is for this machine only (127.0.0.1, localhost); elsewhere sessions need https://",
        ),
        (
            not urlsplit(settings.database_url).password,
            "DATABASE_URL: must not hold the password; use DATABASE_PASSWORD",
        ),
        (
            not settings.database_password or "@" in settings.database_url,
            "DATABASE_PASSWORD: needs a DATABASE_URL that names the user before an @",
        ),
        (0 <= settings.port <= 65535, "PORT: must lie between 0 and 65535"),
        (1 <= settings.threads <= 64, "THREADS: must lie between 1 and 64"),
        (0 <= settings.trusted_proxies <= 5, "TRUSTED_PROXIES: must lie between 0 and 5"),
        (1 <= settings.max_request_mb <= 500, "MAX_REQUEST_MB: must lie between 1 and 500"),
        (
            len(settings.secret_key.reveal()) >= _MIN_SECRET_CHARS,
            f"SECRET_KEY: needs at least {_MIN_SECRET_CHARS} characters",
        ),
        (
            settings.identity is not IdentitySource.DEMO or settings.threads >= 2,
            "THREADS: the demo identity provider runs in the same process and needs at least 2",
        ),
    ]
    if settings.identity is IdentitySource.OIDC:
        checks += _oidc_checks(settings)
    if settings.is_production:
        checks += _production_checks(settings)
    return [PREFIX + text for holds, text in checks if not holds]


def _oidc_checks(settings: Settings) -> list[tuple[Any, str]]:
    issuers = (settings.oidc_buerger_issuer, settings.oidc_amt_issuer)
    return [
        (all(issuers), "IDENTITY: oidc needs OIDC_BUERGER_ISSUER and OIDC_AMT_ISSUER"),
        (issuers[0] != issuers[1], "OIDC_AMT_ISSUER: citizens and staff must not share a realm"),
        (
            settings.oidc_buerger_client_secret and settings.oidc_amt_client_secret,
            "IDENTITY: oidc needs OIDC_BUERGER_CLIENT_SECRET and OIDC_AMT_CLIENT_SECRET",
        ),
    ]


def _production_checks(settings: Settings) -> list[tuple[Any, str]]:
    issuers = (settings.oidc_buerger_issuer, settings.oidc_amt_issuer)
    return [
        (settings.is_https, "BASE_URL: must begin with https:// in production"),
        (settings.secret_key.reveal() != _PUBLIC_SECRET, "SECRET_KEY: must be set in production"),
        (settings.identity is IdentitySource.OIDC, "IDENTITY: the demo identities are refused in production; set oidc"),
        (settings.smtp_host, "SMTP_HOST: must be set in production; nobody is notified otherwise"),
        (all(i.startswith("https://") for i in issuers if i), "OIDC_*_ISSUER: must begin with https:// in production"),
    ]


def _shown(default: Any) -> str:
    if default in ("", _NONE):
        return "none"
    return f"`{default}`"


def _place(given: Path, derived: Path) -> Path:
    return (derived if given == _DERIVED else given).absolute()


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _choice(kind: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(text: str) -> StrEnum:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"{text!r} is none of {', '.join(kind)}") from None

    return parse


_HINTS = get_type_hints(Settings)
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": _integer,
    "Path": Path,
    "Secret": Secret,
    "Environment": _choice(Environment),
    "IdentitySource": _choice(IdentitySource),
    "LogFormat": _choice(LogFormat),
}
