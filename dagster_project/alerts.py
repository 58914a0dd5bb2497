"""What is worth a message: which conditions hold now, which of them are new, what is still unsent.

A condition opens an alert once, however many runs see it, and closes it once when it no longer
holds. Nothing here writes: the lines to keep are returned to commands, which owns the file
(alerts/alerts.jsonl, one JSON object per line: opened, closed, sent, failed, expected, looked).
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from dagster_project import publish, query
from dagster_project.channels import Message
from dagster_project.compute import anomaly
from dagster_project.messages import KeizokuError, headline, headline_facts, say
from dagster_project.runs import Report
from dagster_project.settings import Settings, ThresholdConfig, canonical_json, json_lines

Line = dict[str, Any]
# What a line of an alert cannot do without, by its event.
NEEDED = {
    "opened": ("alert_id", "key", "kind", "values", "page", "at", "channels"),
    "closed": ("alert_id", "at", "channels"),
    "sent": ("alert_id", "of", "channel"),
    "failed": ("channel", "next_at"),
}
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
# Rows of a mart that has more than one per month, where a rule does not say which it means.
EVERYBODY = {
    "segment_attribute": "all",
    "segment_value": "all",
    "segment": "all",
    "topic": "all",
    "plan_name": "all",
    "basis": "contract",
    "view": "as_restated",
}
HOME_PAGE = ""  # the first page has no address of its own
FORECAST_METRIC = "kpi_monthly.mrr"  # the figure whose forecast is published


@dataclass(frozen=True)
class Condition:
    """Something that holds now. `key` is the same as long as it is the same thing."""

    key: str
    kind: str
    values: dict[str, Any]
    page: str  # the page that shows it, below the address of the pages


@dataclass
class Seen:
    """What the rules saw. `unknown`: keys (or their beginnings, ending in `:`) that could not be
    judged and stay as they are; `lines`: what to remember for the next time.
    """

    conditions: list[Condition] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Alert:
    """One alert with its history, as pages and the command line show it."""

    alert_id: str
    key: str
    kind: str
    values: dict[str, Any]
    page: str
    opened_at: str
    closed_at: str | None
    unsent: tuple[str, ...]  # channels that have not been told everything yet

    @property
    def is_open(self) -> bool:
        """Whether it still holds."""
        return self.closed_at is None


# ---- what holds now ----


def look(
    settings: Settings,
    report: Report,
    held: Iterable[Any] | None,
    version: publish.Version | None,
    lines: Sequence[Line],
    *,
    now: datetime,
) -> Seen:
    """Every rule of the home over what a run left: its report, held deliveries, the version.

    held, version: None when they cannot be read.
    """
    rules = settings.config.alerts
    seen = Seen()
    if rules.failed_run:
        _look_at_run(report, seen)
    if rules.held_delivery:
        _look_at_held(report, held, seen)
    if version is None:
        seen.unknown |= {"stale:", "at_risk:", "anomaly:", "threshold:", "rule:"}
        return seen
    if rules.stale_source:
        _look_at_sources(settings, version, seen, now)
    if rules.new_at_risk:
        _look_at_risk(settings, version, lines, seen)
    for metric in rules.anomalies:
        _judge(
            f"anomaly:{metric}",
            seen,
            lambda metric=metric: _look_for_anomaly(version, metric, lines, seen),
        )
    for rule in rules.thresholds:
        _judge(_threshold_key(rule), seen, lambda rule=rule: _look_at_limit(version, rule, seen))
    for condition in seen.conditions:
        # the registry says JPY for the currency the company reports in, whichever it is
        if condition.values.get("unit", "").startswith("JPY"):
            condition.values["unit"] = settings.policy["reporting_currency"]
    return seen


def _look_at_run(report: Report, seen: Seen) -> None:
    if report.outcome in ("published", "nothing_new"):
        return
    error = report.error or {"code": "interrupted", "where": "", "values": {}}
    if error["code"] == "interrupted":  # somebody stopped it and knows
        seen.unknown.add("failed_run")
        return
    values = {"code": error["code"], "facts": headline_facts(error["code"], error["values"])}
    seen.conditions.append(Condition("failed_run", "failed_run", values, "quality"))


def _look_at_held(report: Report, held: Iterable[Any] | None, seen: Seen) -> None:
    if held is None:
        seen.unknown.add("held:")
    for one in held or ():
        values = {"source": one.source_system, "delivery": one.delivery_id}
        seen.conditions.append(
            Condition(f"held:{one.delivery_id}", "held_delivery", values, "quality")
        )
    if "plan" not in report.seconds:  # what lies in the inbox was not told
        seen.unknown.add("unrecognised")
        return
    count = sum(one["state"] == "unrecognised" for one in report.deliveries)
    if count:
        seen.conditions.append(
            Condition("unrecognised", "unrecognised_file", {"count": count}, "quality")
        )


def _look_at_sources(
    settings: Settings, version: publish.Version, seen: Seen, now: datetime
) -> None:
    """One condition per source system: its entity that is furthest behind its limit."""
    limits = settings.config.freshness
    today = now.astimezone(settings.timezone).date()
    rows = _rows(
        version,
        "select source_system, entity, max(exported_at) as through from obs_load_manifest"
        " group by source_system, entity order by through, source_system, entity",
    )
    told = set()
    for row in rows:
        through = row["through"].replace(tzinfo=UTC).astimezone(settings.timezone).date()
        days = (today - through).days
        limit = limits.fail_after(row["entity"])
        if days > limit and row["source_system"] not in told:
            told.add(row["source_system"])
            values = {
                "source": row["source_system"],
                "entity": row["entity"],
                "days": days,
                "limit_days": limit,
                "through": through.isoformat(),
            }
            key = f"stale:{row['source_system']}"
            seen.conditions.append(Condition(key, "stale_source", values, "quality"))


def _look_at_risk(
    settings: Settings, version: publish.Version, lines: Sequence[Line], seen: Seen
) -> None:
    """Customers at risk in this version and not in the one looked at before."""
    looked = next((line["version"] for line in reversed(lines) if line["event"] == "looked"), None)
    if looked == version.name:
        seen.unknown.add("at_risk:")
        return
    seen.lines.append({"event": "looked", "version": version.name})
    try:
        before = looked and publish.open_version(settings.published, looked)
        known = {row["customer_key"] for row in _rows(before, AT_RISK)} if before else None
    except KeizokuError:  # removed or damaged: nothing to compare with
        known = None
    if known is None:
        return
    new = [row for row in _rows(version, AT_RISK) if row["customer_key"] not in known]
    if new:
        values = {
            "count": len(new),
            "mrr": str(sum((row["mrr_at_stake"] for row in new), Decimal(0))),
            "unit": "JPY",
        }
        seen.conditions.append(Condition(f"at_risk:{version.name}", "new_at_risk", values, "risk"))


AT_RISK = "select customer_key, mrr_at_stake from mart_at_risk"


def _judge(key: str, seen: Seen, rule: Callable[[], None]) -> None:
    """Runs a rule; one that cannot be judged is itself worth a message."""
    try:
        rule()
    except KeizokuError as error:
        seen.unknown |= {key, f"{key}:"}
        facts = headline_facts(error.code, error.values)
        values = {"rule": key, "code": error.code, "facts": facts}
        seen.conditions.append(Condition(f"rule:{key}", "broken_rule", values, HOME_PAGE))


def _look_for_anomaly(
    version: publish.Version, metric_id: str, lines: Sequence[Line], seen: Seen
) -> None:
    """The last complete month against the interval once forecast for it, else its own past."""
    metric, months = _series(version, metric_id, {})
    if metric_id == FORECAST_METRIC:
        _remember_forecast(version, lines, seen)
    if not months or months[-1][1] is None:
        seen.unknown.add(f"anomaly:{metric_id}:")
        return
    month, value = months[-1]
    expected = metric_id == FORECAST_METRIC and _forecast_for(month, lines)
    usual = expected or anomaly.usual_range(
        _unbroken([one for _, one in months[:-1]]), is_level=metric["unit"] in ("rate", "ratio")
    )
    if usual is None or usual.holds(value):
        return
    values = _named(metric) | {
        "month": f"{month:%Y-%m}",
        "value": str(value),
        "lower": str(usual.lower),
        "upper": str(usual.upper),
    }
    kind = "anomaly_forecast" if expected else "anomaly_past"
    seen.conditions.append(
        Condition(f"anomaly:{metric_id}:{month:%Y-%m}", kind, values, f"?month={month:%Y-%m}")
    )


def _remember_forecast(version: publish.Version, lines: Sequence[Line], seen: Seen) -> None:
    """Keeps the 95 % interval first published for a month; versions do not stay that long."""
    for row in _rows(
        version,
        "select month, lower_95_mrr, upper_95_mrr from mart_forecast_mrr"
        " where is_published and scenario = 'base' and horizon_months = 1"
        " and lower_95_mrr is not null and upper_95_mrr is not null",
    ):
        month = f"{row['month']:%Y-%m}"
        if not any(line["event"] == "expected" and line["month"] == month for line in lines):
            seen.lines.append(
                {
                    "event": "expected",
                    "month": month,
                    "lower": str(row["lower_95_mrr"]),
                    "upper": str(row["upper_95_mrr"]),
                }
            )


def _forecast_for(month: date, lines: Sequence[Line]) -> anomaly.Range | None:
    for line in lines:
        if line["event"] == "expected" and line["month"] == f"{month:%Y-%m}":
            return anomaly.Range(Decimal(line["lower"]), Decimal(line["upper"]))
    return None


def _unbroken(values: list[Decimal | None]) -> list[Decimal]:
    """The values since the last month that has none."""
    gaps = [place for place, value in enumerate(values) if value is None]
    return values[gaps[-1] + 1 :] if gaps else values


def _threshold_key(rule: ThresholdConfig) -> str:
    [(limit, value)] = rule.limits.items()
    where = "".join(f"/{name}={value}" for name, value in sorted(rule.where.items()))
    return f"threshold:{rule.metric}{where}:{limit}={value}"


def _look_at_limit(version: publish.Version, rule: ThresholdConfig, seen: Seen) -> None:
    """The last complete month, or its change to the month before, against the limit."""
    [(name, limit)] = rule.limits.items()
    metric, months = _series(version, rule.metric, rule.where)
    now = months[-1][1] if months else None
    judged = now
    is_change = name.startswith("change_")
    is_rate = metric["unit"] in ("rate", "ratio")
    if is_change:
        before = months[-2][1] if len(months) > 1 else None
        judged = None if now is None or before is None else now - before
        if judged is not None and not is_rate:
            judged = judged / abs(before) if before else None
    key = _threshold_key(rule)
    if judged is None:
        seen.unknown.add(key)
        return
    edge = Decimal(str(limit))
    if not (judged > edge if name.endswith("above") else judged < edge):
        return
    month = months[-1][0]
    values = _named(metric) | {
        "month": f"{month:%Y-%m}" if month else "",
        "value": str(now),
        "judged": str(judged),
        "limit": str(edge),
        "where": ", ".join(f"{column} = {value}" for column, value in rule.where.items()),
    }
    if is_change:
        values["change_unit"] = "points" if is_rate else "rate"
    page = f"?month={month:%Y-%m}" if month else HOME_PAGE
    seen.conditions.append(Condition(key, f"threshold_{name}", values, page))


def _series(
    version: publish.Version, metric_id: str, where: dict[str, str]
) -> tuple[dict[str, Any], list[tuple[date | None, Decimal | None]]]:
    """The registered metric and its values by complete month, oldest first; without months one.

    Raises KeizokuError `metric_unknown`, `alert_rule_ambiguous`, `sql_failed`.
    """
    [metric] = query.read_metrics(version, metric_id)
    model, column = metric["model"], metric["column_name"]
    columns = {
        row["column_name"] for row in _rows(version, f"select column_name from (describe {model})")
    }
    for name in where:
        if name not in columns:
            raise KeizokuError("alert_rule_ambiguous", where=metric_id, column=name, model=model)
    chosen = {name: value for name, value in EVERYBODY.items() if name in columns} | where
    month = "month" if "month" in columns else "cast(null as date)"
    conditions = [f'cast("{name}" as varchar) = ${name}' for name in chosen]
    if "month" in columns:
        conditions.append("month <= (select max(month) from mart_kpi_monthly)")
    clause = f"where {' and '.join(conditions)}" if conditions else ""
    found = _rows(
        version,
        f'select {month} as month, cast("{column}" as decimal(38, 6)) as value'
        f" from {model} {clause} order by 1",
        chosen,
    )
    months = [(row["month"], row["value"]) for row in found]
    if len({month for month, _ in months}) < len(months):
        raise KeizokuError(
            "alert_rule_ambiguous", where=metric_id, column=metric["grain"], model=model
        )
    return metric, months


def _named(metric: dict[str, Any]) -> dict[str, str]:
    return {name: metric[name] for name in ("metric_id", "name_ja", "name_en", "unit")}


def _rows(
    version: publish.Version, statement: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    answer = query.run_sql(version, statement, parameters)
    return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]


# ---- what is new in that ----


def settle(
    lines: Sequence[Line], seen: Seen, channels: Sequence[str], *, now: datetime
) -> list[Line]:
    """The lines to add: alerts that open and close, and what to remember.

    An alert keeps the channels that were chosen when it opened: what is chosen later gets no flood
    of old messages, and nothing that was to be sent is forgotten.
    """
    at = utc_text(now)
    open_now = {alert.key: alert for alert in read_alerts(lines) if alert.is_open}
    holding = {condition.key for condition in seen.conditions}
    added = [line | {"at": at} for line in seen.lines]
    for key, alert in open_now.items():
        is_unknown = any(
            key == one or (one.endswith(":") and key.startswith(one)) for one in seen.unknown
        )
        if key in holding or is_unknown:
            continue
        # that nobody new is at risk does not mean that those of before are out of it
        is_told = alert.kind != "new_at_risk"
        added.append(
            {
                "event": "closed",
                "at": at,
                "alert_id": alert.alert_id,
                "channels": list(channels) if is_told else [],
            }
        )
    for condition in seen.conditions:
        if condition.key not in open_now:
            name = hashlib.sha256(f"{condition.key} {at} {len(lines)}".encode()).hexdigest()[:12]
            added.append(
                {
                    "event": "opened",
                    "at": at,
                    "alert_id": name,
                    "key": condition.key,
                    "kind": condition.kind,
                    "values": condition.values,
                    "page": condition.page,
                    "channels": list(channels),
                }
            )
    return added


def unsent(lines: Sequence[Line]) -> list[tuple[Line, str]]:
    """What opened or closed and the channel that has not been told yet, oldest first."""
    sent = {
        (line["alert_id"], line["of"], line["channel"]) for line in lines if line["event"] == "sent"
    }
    return [
        (line, channel)
        for line in lines
        if line["event"] in ("opened", "closed")
        for channel in line["channels"]
        if (line["alert_id"], line["event"], channel) not in sent
    ]


def next_try(lines: Sequence[Line], channel: str) -> str | None:
    """When a channel that failed is tried again (UTC text); None when it did not fail last."""
    last = next((line for line in reversed(lines) if line.get("channel") == channel), None)
    return last["next_at"] if last and last["event"] == "failed" else None


def failed_line(lines: Sequence[Line], channel: str, error: str, *, now: datetime) -> Line:
    """What is kept of a failed delivery; the wait doubles with every failure in a row."""
    in_a_row = 0
    for line in reversed(lines):
        if line.get("channel") == channel:
            if line["event"] != "failed":
                break
            in_a_row += 1
    wait = min(FIRST_WAIT * 2 ** min(in_a_row, 20), LONGEST_WAIT)
    return {
        "event": "failed",
        "at": utc_text(now),
        "channel": channel,
        "error": error,
        "next_at": utc_text(now + wait),
    }


def read_alerts(lines: Sequence[Line]) -> list[Alert]:
    """Every alert in the order it opened."""
    closed = {line["alert_id"]: line["at"] for line in lines if line["event"] == "closed"}
    waiting: dict[str, list[str]] = {}
    for line, channel in unsent(lines):
        waiting.setdefault(line["alert_id"], []).append(channel)
    return [
        Alert(
            alert_id=line["alert_id"],
            key=line["key"],
            kind=line["kind"],
            values=line["values"],
            page=line["page"],
            opened_at=line["at"],
            closed_at=closed.get(line["alert_id"]),
            unsent=tuple(dict.fromkeys(waiting.get(line["alert_id"], ()))),
        )
        for line in lines
        if line["event"] == "opened"
    ]


def read_lines(file: Path) -> list[Line]:
    """The kept lines in order; none when there is no file. Raises KeizokuError
    `alerts_unreadable`.
    """
    if not file.exists():
        return []
    lines = []
    for number, text in enumerate(
        json_lines(file.read_text(encoding="utf-8", errors="replace")), start=1
    ):
        try:
            line = json.loads(text)
            needed = {name: line[name] for name in ("event", *NEEDED.get(line["event"], ()))}
            lines.append(needed | line)
        except (ValueError, KeyError, TypeError) as error:
            where = f"{file}:{number}"
            raise KeizokuError("alerts_unreadable", where=where, detail=error) from error
    return lines


def written(lines: Sequence[Line]) -> str:
    """The file's text."""
    return "".join(canonical_json(line) + "\n" for line in lines)


def utc_text(moment: datetime) -> str:
    """ISO text in UTC to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


# ---- in words ----


def compose(settings: Settings, lines: Sequence[Line], events: Sequence[Line]) -> Message:
    """One message for everything a channel has not been told, oldest first."""
    lang = settings.config.lang or "ja"
    alerts = {alert.alert_id: alert for alert in read_alerts(lines)}
    told = []
    for event in events:
        alert = alerts[event["alert_id"]]
        text = describe(alert.kind, alert.values, lang)
        if event["event"] == "closed":
            text = say("alert_recovered", lang, text=text)
        told.append(say("alert_line", lang, text=text, address=page_address(settings, alert.page)))
    opened = sum(event["event"] == "opened" for event in events)
    code = "alert_subject" if opened else "alert_subject_recovered"
    subject = say(code, lang, company=_company(settings), count=opened or len(events))
    return Message(subject, "\n".join(told) + "\n")


def trial_message(settings: Settings) -> Message:
    """What `keizoku alerts test` sends."""
    lang = settings.config.lang or "ja"
    text = say("alert_test", lang)
    line = say("alert_line", lang, text=text, address=page_address(settings, HOME_PAGE))
    return Message(say("alert_subject_test", lang, company=_company(settings)), line + "\n")


def page_address(settings: Settings, page: str) -> str:
    """Where a page is opened, for people who read a message."""
    config = settings.config
    base = config.alerts.page_address or f"http://127.0.0.1:{config.ports.dashboards}"
    return f"{base.rstrip('/')}/{page}"


def _company(settings: Settings) -> str:
    return settings.config.company_name or "Keizoku"


def describe(kind: str, values: dict[str, Any], lang: str) -> str:
    """What an alert says, in one sentence: figures and counts, no name of a customer."""
    told = dict(values)
    unit = told.pop("unit", "")
    if "code" in told:
        told["what"] = headline(told.pop("code"), lang, **told.pop("facts"))
    for name in ("value", "lower", "upper", "mrr"):
        if name in told:
            told[name] = _figure(told[name], unit, lang)
    if "limit" in told:
        told["limit"] = _figure(told["limit"], told.get("change_unit", unit), lang)
    if "judged" in told:
        told["judged"] = _figure(told["judged"], told.get("change_unit", unit), lang)
    if "name_ja" in told:
        told["name"] = told[f"name_{lang}"]
        if told.get("where"):
            told["name"] += f" [{told['where']}]"
    if "entity" in told:
        from sources.entities import entities

        declared = entities().get(told["entity"])
        told["entity"] = getattr(declared, lang) if declared else told["entity"]
    return say(f"alert_{kind}", lang, **told)


def _figure(text: str, unit: str, lang: str) -> str:
    """A figure for people, by the unit of the registry."""
    value = Decimal(text)
    if unit == "points":
        return f"{_rounded(value * 100, 2):+,}pt"
    if unit == "rate":
        return f"{_rounded(value * 100, 2):,}%"
    if re.fullmatch("[A-Z]{3}.*", unit):
        is_yen = unit.startswith("JPY")
        digits = f"{abs(_rounded(value, 0 if is_yen else 2)):,}"
        sign = "" if value >= 0 else "▲" if lang == "ja" else "-"
        return f"{sign}{digits}円" if is_yen and lang == "ja" else f"{sign}{unit[:3]} {digits}"
    whole = value == value.to_integral_value()
    return f"{_rounded(value, 0 if whole else 2):,}"


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
