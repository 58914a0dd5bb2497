"""Where everything lives and what a company chose: the only owner of paths and defaults.

The defaults of the policy are not here but in dbt/dbt_project.yml (vars); keizoku.toml overrides
them by name. Nothing here reads a clock: the edge that does (CLI, Dagster) passes the time in.
"""

import difflib
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dagster_project.messages import KeizokuError

PROJECT_DIR = Path(__file__).resolve().parent.parent
DBT_DIR = PROJECT_DIR / "dbt"
DASHBOARD_SCRIPT = PROJECT_DIR / "dashboards" / "app.py"
DEFAULT_HOME = Path("~/keizoku")
HOME_VARIABLE = "KEIZOKU_HOME"
CONFIG_NAME = "keizoku.toml"

DAGSTER_PORT = 3000
DASHBOARDS_PORT = 8501
KEPT_VERSIONS = 5

# Vars of dbt_project.yml that every run gives: not policy, not overridable.
RUN_VARS = frozenset(
    {"as_of_date", "known_at", "landed_dir", "identity_dir", "cash_dir", "control_dir", "policy_id"}
)

# What the models can do today, and what METRICS.md names but no model does yet.
CHOICES: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "mrr_basis": (frozenset({"contract"}), frozenset({"billed"})),
    "account_rollup": (frozenset({"customer"}), frozenset({"parent"})),
    "churn_recognition": (
        frozenset({"service_end", "cancel_effective"}),
        frozenset({"cancel_request"}),
    ),
    "churn_month": (frozenset({"first_inactive"}), frozenset({"last_active"})),
    "discount_in_mrr": (frozenset({"recurring", "all", "none"}), frozenset()),
    "usage_in_mrr": (frozenset({"none", "committed"}), frozenset({"trailing_3m"})),
    "fx_mode": (frozenset({"month_end", "constant"}), frozenset()),
    "tax_rounding": (frozenset({"floor", "half_up", "ceil"}), frozenset()),
    "rfm_recency": (frozenset({"payment", "usage"}), frozenset()),
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY, _CLOCK = f"({'|'.join(WEEKDAYS)})", r"((?:[01]\d|2[0-3]):[0-5]\d)"
BUSINESS_HOURS = re.compile(rf"^{_DAY}-{_DAY} {_CLOCK}-{_CLOCK}$")
RANGES: dict[str, tuple[float, float]] = {
    "fiscal_year_start_month": (1, 12),
    "close_day": (1, 28),
    "gross_margin_rate": (0, 1),
    "hold_row_drop_share": (0, 1),
    "churn_avg_months": (1, 120),
    "ltv_horizon_months": (1, 600),
    "discount_rate": (0.001, 1),  # 0: a residual lifetime may have no end
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ScheduleConfig(_Strict):
    """When the daily run starts, in the business time zone."""

    daily_at: str = Field(default="06:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


class FreshnessConfig(_Strict):
    """After how many days without a delivery an entity counts as stale."""

    warn_after_days: int = Field(default=32, ge=1)
    fail_after_days: int = Field(default=45, ge=1)
    entities: dict[str, int] = {}

    def fail_after(self, entity: str) -> int:
        """Days after which that kind of data counts as failed."""
        return self.entities.get(entity, self.fail_after_days)

    def warn_after(self, entity: str) -> int:
        """Days after which that kind of data counts as late."""
        return min(self.warn_after_days, self.fail_after(entity))


class PortsConfig(_Strict):
    """First port tried; the next free one is taken."""

    dagster: int = Field(default=DAGSTER_PORT, ge=1, le=65535)
    dashboards: int = Field(default=DASHBOARDS_PORT, ge=1, le=65535)


class ThresholdConfig(_Strict):
    """A metric and the value it must not pass, in the last complete month.

    change_*: against the month before, a rate in points (0.01 = 1pt), anything else as a share.
    where: columns and values that leave one row per month, where the mart has more.
    """

    metric: str
    above: float | None = None
    below: float | None = None
    change_above: float | None = None
    change_below: float | None = None
    where: dict[str, str] = {}

    @property
    def limits(self) -> dict[str, float]:
        """The limits that are given, by name."""
        names = ("above", "below", "change_above", "change_below")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @model_validator(mode="after")
    def _has_one_limit(self) -> "ThresholdConfig":
        if len(self.limits) != 1:
            raise ValueError("one of above | below | change_above | change_below")
        return self


class EmailConfig(_Strict):
    """The mail server; its password comes from the environment only."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    starttls: bool = True
    user: str = ""
    sender: str = ""
    to: list[str] = []


class AlertsConfig(_Strict):
    """What is worth a message, and where messages go."""

    channels: list[Literal["webhook", "email"]] = []
    page_address: str = Field(default="", pattern=r"^(https?://\S+)?$")
    failed_run: bool = True
    held_delivery: bool = True
    stale_source: bool = True
    new_at_risk: bool = True
    anomalies: list[str] = ["kpi_monthly.mrr", "kpi_monthly.logo_churn_rate"]
    thresholds: list[ThresholdConfig] = []
    email: EmailConfig = EmailConfig()

    @model_validator(mode="after")
    def _can_send_mail(self) -> "AlertsConfig":
        mail = self.email
        if "email" in self.channels and not (mail.host and mail.sender and mail.to):
            raise ValueError("[alerts.email] host, sender, to")
        if mail.user and not mail.starttls:
            raise ValueError("[alerts.email] a password is sent with starttls = true only")
        return self


class DisplayConfig(_Strict):
    """How the pages show weeks, dates and what is below nought; no figure depends on it.

    negative_mark None: as is usual in the language, ▲ or a minus.
    """

    week_starts_on: Literal["monday", "sunday"] = "monday"
    calendar_era: Literal["seireki", "wareki"] = "seireki"
    negative_mark: Literal["▲", "△", "-", "()"] | None = None


class Config(_Strict):
    """The content of keizoku.toml; every key is optional."""

    company_name: str = ""
    lang: Literal["ja", "en"] | None = None
    policy: dict[str, Any] = {}
    schedule: ScheduleConfig = ScheduleConfig()
    freshness: FreshnessConfig = FreshnessConfig()
    ports: PortsConfig = PortsConfig()
    alerts: AlertsConfig = AlertsConfig()
    display: DisplayConfig = DisplayConfig()


@dataclass(frozen=True)
class Settings:
    """One company's home and its choices. `policy` is complete: defaults with overrides applied."""

    root: Path
    dbt_dir: Path
    config: Config
    policy: dict[str, Any]

    @property
    def policy_id(self) -> str:
        """First 12 hex digits of the SHA-256 of the policy block."""
        return hashlib.sha256(canonical_json(self.policy).encode()).hexdigest()[:12]

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.policy["business_timezone"])

    @property
    def config_file(self) -> Path:
        return self.root / CONFIG_NAME

    @property
    def secret_file(self) -> Path:
        return self.root / "secret"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def landed(self) -> Path:
        return self.root / "landed"

    @property
    def identity(self) -> Path:
        return self.root / "identity"

    @property
    def links_file(self) -> Path:
        return self.identity / "live" / "links.parquet"

    @property
    def cash(self) -> Path:
        """What the cash application wrote: one folder per table, a cache like identity."""
        return self.root / "cash"

    @property
    def cash_decisions(self) -> Path:
        """Append-only JSON lines: what people decided about receipts and payers."""
        return self.root / "decisions" / "cash.jsonl"

    @property
    def approach_actions(self) -> Path:
        """Append-only JSON lines: which customers were approached, and what came of it."""
        return self.root / "decisions" / "actions.jsonl"

    @property
    def views(self) -> Path:
        """Views of pages that people keep; never rebuilt, part of a backup."""
        return self.root / "views"

    @property
    def queries(self) -> Path:
        """SQL that people keep; never rebuilt, part of a backup."""
        return self.root / "queries"

    @property
    def run_history(self) -> Path:
        """Append-only JSON lines: what became of every run."""
        return self.root / "audit" / "runs.jsonl"

    @property
    def alerts_file(self) -> Path:
        """JSON lines: which alerts were opened and closed, and to whom that was said."""
        return self.root / "alerts" / "alerts.jsonl"

    @property
    def reports(self) -> Path:
        """Monthly reports as they were made."""
        return self.root / "reports"

    @property
    def closes(self) -> Path:
        """What closed months were reported as; never rebuilt, part of a backup."""
        return self.root / "closes"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def dagster_home(self) -> Path:
        return self.root / "dagster"

    @property
    def run_lock(self) -> Path:
        return self.root / "run.lock"

    @property
    def up_lock(self) -> Path:
        return self.root / "up.lock"

    @property
    def last_run_file(self) -> Path:
        return self.build / "last_run.json"


def canonical_json(value: Any) -> str:
    """JSON text that is the same for equal values: sorted keys, no spaces, dates as ISO text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def json_lines(text: str) -> list[str]:
    """The lines of a file of JSON lines.

    str.splitlines would also break at U+2028, U+2029 and U+0085, which stand inside what people
    paste and which JSON leaves as they are.
    """
    return [line for line in text.split("\n") if line]


def home_of_environment() -> Path:
    """KEIZOKU_HOME, else ~/keizoku."""
    return Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).expanduser()


def load_settings(root: Path, *, dbt_dir: Path = DBT_DIR) -> Settings:
    """The settings of an existing home.

    Raises KeizokuError `home_missing` (no keizoku.toml there), `config_unreadable` (not TOML),
    `config_wrong_key` / `config_wrong_value` / `policy_not_supported` naming the key.
    """
    root = root.expanduser().resolve()
    config_file = root / CONFIG_NAME
    if not config_file.is_file():
        raise KeizokuError("home_missing", where=str(root))
    config = _read_config(config_file)
    _check_entities(config, config_file)
    defaults = policy_defaults(dbt_dir)
    policy = defaults | {
        name: _checked_policy_value(name, value, defaults, config_file)
        for name, value in config.policy.items()
    }
    return Settings(root=root, dbt_dir=dbt_dir, config=config, policy=policy)


def load_display(root: Path) -> DisplayConfig:
    """How the pages of a home show values; the defaults where it has no keizoku.toml.

    Raises KeizokuError as load_settings does, but looks at nothing else.
    """
    config_file = root / CONFIG_NAME
    return _read_config(config_file).display if config_file.is_file() else DisplayConfig()


def policy_defaults(dbt_dir: Path = DBT_DIR) -> dict[str, Any]:
    """The policy block of dbt_project.yml."""
    declared = yaml.safe_load((dbt_dir / "dbt_project.yml").read_text(encoding="utf-8"))
    return {name: value for name, value in declared["vars"].items() if name not in RUN_VARS}


def with_policy(settings: Settings, changes: dict[str, str]) -> Settings:
    """The same home under a policy with these values, written as in keizoku.toml or without quotes.

    Raises KeizokuError `config_wrong_key` / `config_wrong_value` / `policy_not_supported`.
    """
    defaults = policy_defaults(settings.dbt_dir)
    changed = {
        name: _checked_policy_value(name, _toml_value(text), defaults, Path("policy diff"))
        for name, text in changes.items()
    }
    return replace(settings, policy=settings.policy | changed)


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def default_as_of(now: datetime, timezone: ZoneInfo) -> date:
    """Yesterday in the business time zone; `now` must carry its zone."""
    return now.astimezone(timezone).date() - timedelta(days=1)


def _read_config(config_file: Path) -> Config:
    try:
        declared = tomllib.loads(config_file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KeizokuError("config_unreadable", where=str(config_file), detail=error) from error
    try:
        return Config.model_validate(declared)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise KeizokuError(
                "config_wrong_key",
                where=str(config_file),
                key=key,
                nearest=_nearest(key, _config_keys(Config)),
            ) from error
        raise KeizokuError(
            "config_wrong_value",
            where=str(config_file),
            key=key,
            value=first["input"],
            expected=_allowed(first),
        ) from error


def _allowed(error: Mapping[str, Any]) -> str:
    """What may stand there: the values by name where there are few, else as pydantic says it."""
    if error["type"] != "literal_error":
        return error["msg"]
    return " | ".join(re.findall(r"'([^']*)'", error["ctx"]["expected"]))


def _check_entities(config: Config, config_file: Path) -> None:
    if not config.freshness.entities:
        return
    from sources.entities import entities

    for name in config.freshness.entities:
        if name not in entities():
            raise KeizokuError(
                "config_wrong_key",
                where=str(config_file),
                key=f"freshness.entities.{name}",
                nearest=_nearest(name, sorted(entities())),
            )


def _config_keys(model: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, field in model.model_fields.items():
        keys.append(prefix + name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            keys += _config_keys(field.annotation, f"{prefix}{name}.")
    return keys


def _nearest(key: str, known: list[str]) -> str:
    return ", ".join(difflib.get_close_matches(key, known, n=1, cutoff=0.5)) or ", ".join(known)


def _checked_policy_value(
    name: str, value: Any, defaults: dict[str, Any], config_file: Path
) -> Any:
    """The value in the type of its default; raises KeizokuError naming `policy.<name>`."""
    if name not in defaults:
        raise KeizokuError(
            "config_wrong_key",
            where=str(config_file),
            key=f"policy.{name}",
            nearest=_nearest(name, sorted(defaults)),
        )

    def wrong(expected: str) -> KeizokuError:
        return KeizokuError(
            "config_wrong_value",
            where=str(config_file),
            key=f"policy.{name}",
            value=value,
            expected=expected,
        )

    if name in CHOICES:
        usable, later = CHOICES[name]
        choices = " | ".join(sorted(usable))
        if value in later:
            raise KeizokuError(
                "policy_not_supported",
                where=str(config_file),
                key=f"policy.{name}",
                value=value,
                choices=choices,
            )
        if value not in usable:
            raise wrong(choices)
        return value
    if name == "business_timezone":
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise wrong("IANA time zone, e.g. Asia/Tokyo") from None
        return value
    if name == "reporting_currency":
        if not (isinstance(value, str) and len(value) == 3 and value.isupper()):
            raise wrong("ISO 4217, e.g. JPY")
        return value
    if name == "business_hours":
        match = BUSINESS_HOURS.match(value) if isinstance(value, str) else None
        if not match or WEEKDAYS.index(match[1]) > WEEKDAYS.index(match[2]) or match[3] >= match[4]:
            raise wrong("Mon-Fri 09:00-18:00")
        return value
    if name == "history_start":
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise wrong("YYYY-MM-DD") from None
    return _in_type_of(defaults[name], value, RANGES.get(name, (0, float("inf"))), wrong)


def _in_type_of(default: Any, value: Any, limits: tuple[float, float], wrong: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise wrong("true | false")
        return value
    if isinstance(default, int | float):
        if not is_number or (isinstance(default, int) and value != int(value)):
            raise wrong("integer" if isinstance(default, int) else "number")
        if not limits[0] <= value <= limits[1]:
            raise wrong(f"{limits[0]} – {limits[1]}")
        return type(default)(value)
    if isinstance(default, list):
        is_rising = isinstance(value, list) and all(
            isinstance(item, int) and not isinstance(item, bool) for item in value
        )
        if not is_rising or value != sorted(set(value)) or not value:
            raise wrong("rising list of integers")
        return value
    if not isinstance(value, str):
        raise wrong("text")
    return value
