"""The policy in force, and what another would change."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import streamlit as st

from dagster_project.settings import Settings, policy_defaults
from dashboards import levels, tables, warehouse
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.sections.admin.words import heading
from dashboards.tables import Column

POLICY_DIFF = "policy_diff.json"


def show_policy(page: Frame, settings: Settings) -> None:
    """Every rule with its value in the version shown, its default and what the settings say now."""
    text = page.text
    title = heading(page, "policy", "rules")
    manifest = warehouse.manifest(page.snapshot)
    shown, defaults, now = manifest["policy"], policy_defaults(), settings.policy
    changed = [name for name in now if now[name] != shown.get(name)]
    if changed:
        names = text.joined(text.code("policy_rule", name) for name in changed)
        st.warning(text("admin.policy_differs", names=names), icon=":material/rule:")
    rows = pl.DataFrame(
        [
            {
                "rule": text.code("policy_rule", name),
                "value": written(shown.get(name)),
                "default": written(defaults.get(name)),
                "next": written(now.get(name)),
                "name": name,
            }
            for name in sorted(now)
        ]
    )
    columns = [
        Column("rule", text("admin.rule"), is_pinned=True),
        Column("value", text("admin.value")),
        Column("default", text("admin.default")),
        Column("next", text("admin.next")),
        Column("name", text("admin.rule_name")),
    ]
    st.caption(text("admin.policy_id", id=manifest["policy_id"]))
    tables.show(rows, columns, page.formats, key="policy", alt=title)
    tables.download(page, lambda: rows, columns, name="policy", key="policy_csv")
    show_policy_diff(page)


def written(value: object) -> str:
    """A value of a rule as its settings file writes it."""
    return json.dumps(value, ensure_ascii=False, default=str)


def show_policy_diff(page: Frame) -> None:
    """What the last try of another policy would change, if its answer was kept; else how to try."""
    text, formats = page.text, page.formats
    title = text("admin.policy_diff")
    st.subheader(title, anchor=False)
    st.caption(text("admin.policy_diff_note"))
    path = page.home / POLICY_DIFF
    st.code(text("admin.policy_diff_command", file=path), language="sh", wrap_lines=True)
    if not path.is_file():
        return
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        changes = "\n".join(
            text(
                "admin.policy_change",
                rule=text.code("policy_rule", name),
                before=written(value["before"]),
                after=written(value["after"]),
            )
            for name, value in told["policy"].items()
        )
        rows = [
            {
                "month": date.fromisoformat(one["month"][:10]),
                "customer_key": one["customer_key"],
                "before": moved(page, one["before"]),
                "after": moved(page, one["after"]),
            }
            for one in told["changes"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        st.warning(
            text("admin.policy_diff_unreadable", why=literal(error)), icon=":material/error:"
        )
        return
    tried = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    st.markdown(text("admin.policy_diff_of", at=formats.instant(tried), changes=changes))
    if not rows:
        st.success(text("admin.policy_changes_nothing"), icon=":material/task_alt:")
        return
    shown = levels.named(page, pl.DataFrame(rows))
    columns = [
        Column("month", text("column.month"), "month", is_pinned=True),
        Column("customer", text("column.customer")),
        Column("before", text("admin.before")),
        Column("after", text("admin.after")),
    ]
    tables.show(shown, columns, formats, key="policy_diff", alt=title)


def moved(page: Frame, movements: list[dict]) -> str:
    """Movements of one customer's month in words."""
    return page.text.joined(
        page.text(
            "explained.part",
            name=page.text.code("movement_type", one["movement_type"]),
            change=page.formats.money_signed(Decimal(str(one["mrr_change"]))),
        )
        for one in movements
    ) or page.text("format.missing")
