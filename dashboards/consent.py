"""Whom may we write to: rows of customers cut down to those who agreed to a channel, as a file.

Only customers who agreed are in it: a refusal and silence both keep a customer out, and those left
out are counted by why. lists.py (the command) and the pages make their files here, with the same
columns, the same conditions and the same line in the access log.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
import streamlit as st

from dashboards import access, clock
from dashboards.exports import csv, xlsx
from dashboards.exports.table import Heading, Table
from dashboards.frame import Frame
from dashboards.queries import lists
from dashboards.tables import Column

FILES = {"csv": ("csv", csv.utf8), "cp932": ("csv", csv.cp932), "xlsx": ("xlsx", None)}


@dataclass(frozen=True)
class Channel:
    """How a tool is told whom to contact. consent: the column that must say yes; None for the own
    CRM, to which nobody is written and which gets every consent as a column instead. address: the
    column without which the tool can do nothing.
    """

    consent: str | None
    address: str
    columns: tuple[tuple[str, str], ...]


CONSENTS = tuple((f"has_{name}_consent", "text") for name in ("email", "line", "dm", "phone"))
CHANNELS = {
    "email": Channel("has_email_consent", "email", (("email", "text"), ("display_name", "text"))),
    # no export names a LINE user: the CRM id is what LINE tools are linked by
    "line": Channel("has_line_consent", "crm_id", (("crm_id", "text"),)),
    "crm": Channel(None, "crm_id", (("crm_id", "text"), ("display_name", "text"), *CONSENTS)),
}
# list -> its own columns; `_` at the end takes the language
OWN: dict[str, tuple[tuple[str, str], ...]] = {
    "at_risk": (
        *(("approach_rank", "count"), ("reason_", "text"), ("action_", "text")),
        *(("due_date", "date"), ("mrr_at_stake", "money"), ("owner", "text")),
    ),
    "renewals": (
        *(("contract_id", "text"), ("term_end_date", "date")),
        *(("notice_deadline_date", "date"), ("atr", "money"), ("owner", "text")),
    ),
    "dormant": (
        *(("reapproach_rank", "count"), ("churned_on", "date"), ("last_mrr", "money")),
        *(("last_contact_date", "date"), ("silent_days", "count"), ("owner", "text")),
    ),
    "upsell": (
        *(("plan_name", "text"), ("next_plan_name", "text"), ("mrr", "money")),
        *(("seat_quantity", "count"), ("seats_used", "count"), ("owner", "text")),
    ),
    # any choice of customers of a page
    "customers": (
        *(("plan_names", "text"), ("mrr", "money"), ("last_contact_date", "date")),
        ("owner", "text"),
    ),
}


@dataclass(frozen=True)
class Made:
    """Who is in a list, and how many customers are not, by why."""

    rows: pl.DataFrame
    columns: Sequence[Column]
    left_out: dict[str, int]


def make(page: Frame, name: str, channel: str, asked: pl.DataFrame) -> Made:
    """Those of the customers asked who agreed to the channel, with the columns of the list.

    asked: customer_key and the list's own columns. Raises access.Refused without the right to
    people.
    """
    if not page.who.may(access.PERSONAL_COLUMNS):
        raise access.Refused(access.PERSONAL_COLUMNS)
    lang = page.text.lang
    to = CHANNELS[channel]
    own = [
        (f"{code}{lang}" if code.endswith("_") else code, code, kind) for code, kind in OWN[name]
    ]
    people = asked.select("customer_key", *(column for column, _, _ in own))
    for also in (lists.consents, lists.crm_ids, lists.addresses):
        people = people.join(
            also(page.snapshot), on="customer_key", how="left", maintain_order="left"
        )
    left_out = {}
    for why, is_in in _conditions(to):
        kept = people.filter(is_in)
        left_out[why] = people["customer_key"].n_unique() - kept["customer_key"].n_unique()
        people = kept
    columns = [
        *(Column(code, _label(page, code), kind) for code, kind in to.columns),
        *(Column(column, _label(page, code), kind) for column, code, kind in own),
    ]
    said = {True: page.text("lists.yes"), False: page.text("lists.no"), None: ""}
    in_words = people.with_columns(
        pl.Series(code, [said[value] for value in people[code]], dtype=pl.String)
        for code, _ in CONSENTS
    )
    return Made(in_words, columns, left_out)


def _conditions(to: Channel) -> list[tuple[str, pl.Expr]]:
    """Why somebody stays out, in the order in which that is asked."""
    asked = []
    if to.consent:
        asked = [
            ("refused", pl.col(to.consent).is_null() | pl.col(to.consent)),
            ("unknown", pl.col(to.consent).is_not_null()),
        ]
    if to.address == "email":
        # the address is the account's; a contact who agreed gave an address we do not hold here
        asked.append(("contact_only", pl.col("has_account_email_consent")))
    return [*asked, (f"no_{to.address}", pl.col(to.address).is_not_null())]


def _label(page: Frame, code: str) -> str:
    return page.text(f"lists.column.{code.removesuffix('_')}")


def content(page: Frame, name: str, channel: str, kind: str, made: Made) -> bytes:
    """The list as the bytes of a file of that kind (csv, cp932, xlsx)."""
    table = Table(
        page.text(f"lists.name.{name}"),
        [Heading(column.label, column.kind) for column in made.columns],
        made.rows.select(column.name for column in made.columns).rows(),
    )
    _, write_text = FILES[kind]
    return (
        write_text(table)
        if write_text
        else xlsx.workbook([table], notes(page, made, channel), negative=page.formats.negative)
    )


def file_name(page: Frame, name: str, channel: str, kind: str) -> str:
    """What the file of a list is called."""
    coding = "_cp932" if kind == "cp932" else ""
    return f"list_{name}_{channel}_{page.as_of:%Y%m%d}{coding}.{FILES[kind][0]}"


def record(page: Frame, name: str, channel: str, kind: str, made: Made) -> None:
    """Note in the access log, before the file is there, that people left the house in a list."""
    access.record(
        page.home,
        page.who,
        "export",
        version=page.snapshot.name,
        table=f"list_{name}",
        channel=channel,
        format=kind,
        row_count=made.rows.height,
        left_out=made.left_out,
        has_personal_columns=True,
    )


def notes(page: Frame, made: Made, channel: str) -> Table:
    """What the list is, and who is not in it."""
    text, formats = page.text, page.formats
    lines = [
        (text("table.note.as_of"), formats.date(page.as_of)),
        (text("table.note.version"), page.snapshot.name),
        (text("lists.channel"), text(f"lists.channel_name.{channel}")),
        (text("table.note.rows"), formats.count(made.rows.height)),
        *((text(f"lists.left_out.{why}"), formats.count(n)) for why, n in made.left_out.items()),
        (text("table.note.who"), page.who.name),
        (text("table.note.at"), formats.instant(clock.utc_now().replace(tzinfo=None))),
    ]
    return Table(
        text("table.note.sheet"),
        [Heading(text("table.note.what")), Heading(text("table.note.value"))],
        lines,
    )


def offer(page: Frame, name: str, asked: Callable[[], pl.DataFrame]) -> None:
    """A button per channel for the customers a page lists, and how many are left out, by why."""
    text = page.text
    st.markdown(text("lists.offer"))
    if not page.who.may(access.PERSONAL_COLUMNS):
        st.caption(text("lists.no_right"))
        return
    people = asked()
    for channel in CHANNELS:
        made = make(page, name, channel, people)
        st.download_button(
            text(
                "lists.as_channel",
                channel=text(f"lists.channel_name.{channel}"),
                count=page.formats.count(made.rows["customer_key"].n_unique()),
            ),
            _pressed(page, name, channel, made),
            file_name=file_name(page, name, channel, "csv"),
            mime="text/csv",
            type="tertiary",
            key=f"list_{name}_{channel}",
            on_click="ignore",
            disabled=made.rows.is_empty(),
        )
        st.caption(
            text.joined(
                text(f"lists.left_out_count.{why}", count=page.formats.count(count))
                for why, count in made.left_out.items()
                if count
            )
            or text("lists.nobody_left_out")
        )


def _pressed(page: Frame, name: str, channel: str, made: Made) -> Callable[[], bytes]:
    def file() -> bytes:
        record(page, name, channel, "csv", made)
        return content(page, name, channel, "csv", made)

    return file
