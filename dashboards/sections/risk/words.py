"""Bands and reasons of a risk in words."""

import polars as pl

from dashboards import levels
from dashboards.frame import Frame
from dashboards.queries import risk

NOBODY = "none"
CONSENTS = ("phone", "email", "line", "dm")


def band_name(page: Frame, code: str | None) -> str:
    """A health band in words."""
    return page.text.code("health_band", code or "unknown")


def reason_name(page: Frame, code: str) -> str:
    """A reason in a few words, for a filter or an axis."""
    return page.text.code("risk_reason", code)


def in_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """Customers at risk with their name and every code in the reader's language."""
    text = page.text
    told = risk.reasons(page.snapshot, tuple(rows["customer_key"]))
    codes = by_customer(told, "reason_code")
    said = by_customer(told, f"reason_{text.lang}")
    dicts = rows.to_dicts()

    def consent(value: bool | None) -> str:
        return text(f"risk.consent_{ {True: 'given', False: 'refused', None: 'unsaid'}[value] }")

    words = {
        "why": [
            text.joined(reason_name(page, code) for code in codes.get(row["customer_key"], ()))
            for row in dicts
        ],
        "said": [text.joined(said.get(row["customer_key"], ())) for row in dicts],
        "action": [text.code("approach_action", row["action_code"]) for row in dicts],
        "due_why": [text.code("due_reason", row["due_reason"] or "") for row in dicts],
        "channel": [text.code("contact_kind", row["channel_code"] or "") for row in dicts],
        "owner_name": [row["owner"] or text.code("renewal_owner", NOBODY) for row in dicts],
        "band": [band_name(page, row["health_band"]) for row in dicts],
        "raising": [
            text.joined(
                text.code("risk_feature", code)
                for code in (row["raising_features"] or "").split(",")
                if code
            )
            for row in dicts
        ],
        "last_outcome": [
            text.code("approach_outcome", row["last_outcome_code"])
            if row["last_outcome_code"]
            else ""
            for row in dicts
        ],
    } | {
        f"{one}_consent": [consent(row[f"has_{one}_consent"]) for row in dicts] for one in CONSENTS
    }
    return levels.named(page, rows).with_columns(
        pl.Series(name, values, dtype=pl.String) for name, values in words.items()
    )


def by_customer(reasons: pl.DataFrame, column: str) -> dict[str, list[str]]:
    """A column of every reason of each customer, the reason to act on first."""
    said: dict[str, list[str]] = {}
    for key, value in reasons.select("customer_key", column).iter_rows():
        said.setdefault(key, []).append(value)
    return said
