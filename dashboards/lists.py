"""A list of customers to contact, for a mail tool, LINE or the CRM:
`python -m dashboards.lists --list at_risk --for email --out DIR`.

Only customers who agreed to the channel are in it: a refusal and silence both keep a customer out,
and those left out are counted by why. A program of its own, as report.py is.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dagster_project.messages import KeizokuError
from dashboards import access, clock, warehouse
from dashboards.catalogue import LANGUAGES, Text
from dashboards.exports import csv, xlsx
from dashboards.exports.table import Heading, Table
from dashboards.frame import Frame
from dashboards.queries import lists
from dashboards.report import NoSuchMonth, open_page
from dashboards.tables import Column

RENEWAL_DAYS = 90
NOT_POSSIBLE = 3
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
# list -> its rows, and its own columns; `_` at the end takes the language
LISTS: dict[str, tuple[Callable[[warehouse.Snapshot], pl.DataFrame], tuple[tuple[str, str], ...]]]
LISTS = {
    "at_risk": (
        lists.at_risk,
        (
            *(("approach_rank", "count"), ("reason_", "text"), ("action_", "text")),
            *(("due_date", "date"), ("mrr_at_stake", "money"), ("owner", "text")),
        ),
    ),
    "renewals": (
        lambda snapshot: lists.renewals(snapshot, RENEWAL_DAYS),
        (
            *(("contract_id", "text"), ("term_end_date", "date")),
            *(("notice_deadline_date", "date"), ("atr", "money"), ("owner", "text")),
        ),
    ),
    "dormant": (
        lists.dormant,
        (
            *(("reapproach_rank", "count"), ("churned_on", "date"), ("last_mrr", "money")),
            *(("last_contact_date", "date"), ("silent_days", "count"), ("owner", "text")),
        ),
    ),
    "upsell": (
        lists.upsell,
        (
            *(("plan_name", "text"), ("next_plan_name", "text"), ("mrr", "money")),
            *(("seat_quantity", "count"), ("seats_used", "count"), ("owner", "text")),
        ),
    ),
}


@dataclass(frozen=True)
class Made:
    """Who is in a list, and how many customers are not, by why."""

    rows: pl.DataFrame
    columns: Sequence[Column]
    left_out: dict[str, int]


def make(page: Frame, name: str, channel: str) -> Made:
    """The list for the channel. Raises access.Refused without the right to people."""
    if not page.who.may(access.PERSONAL_COLUMNS):
        raise access.Refused(access.PERSONAL_COLUMNS)
    ask, own = LISTS[name]
    to = CHANNELS[channel]
    people = ask(page.snapshot)
    for also in (lists.consents, lists.crm_ids, lists.addresses):
        people = people.join(
            also(page.snapshot), on="customer_key", how="left", maintain_order="left"
        )
    left_out = {}
    for why, is_in in _conditions(to):
        kept = people.filter(is_in)
        left_out[why] = people["customer_key"].n_unique() - kept["customer_key"].n_unique()
        people = kept
    lang = page.text.lang
    columns = [
        Column(f"{code}{lang}" if code.endswith("_") else code, _label(page, code), kind)
        for code, kind in (*to.columns, *own)
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


def write(page: Frame, name: str, channel: str, kind: str, folder: Path) -> tuple[Path, Made]:
    """The list as a file, recorded in the access log before it is there."""
    made = make(page, name, channel)
    table = Table(
        page.text(f"lists.name.{name}"),
        [Heading(column.label, column.kind) for column in made.columns],
        made.rows.select(column.name for column in made.columns).rows(),
    )
    ending, write_text = FILES[kind]
    content = (
        write_text(table) if write_text else xlsx.workbook([table], notes(page, made, channel))
    )
    folder.mkdir(parents=True, exist_ok=True)
    coding = "_cp932" if kind == "cp932" else ""
    path = folder / f"list_{name}_{channel}_{page.as_of:%Y%m%d}{coding}.{ending}"
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
    aside = path.with_name(f".{path.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return path, made


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the file, prints path and counts as JSON; exit code 0, or 3 when it cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.lists")
    parser.add_argument("--list", choices=LISTS, required=True, dest="name")
    parser.add_argument("--for", choices=CHANNELS, required=True, dest="channel")
    parser.add_argument("--format", choices=FILES, default="csv")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lang", choices=LANGUAGES, default=LANGUAGES[0])
    asked = parser.parse_args(arguments)
    try:
        page = open_page(warehouse.home(), access.principal(), asked.lang)
        path, made = write(page, asked.name, asked.channel, asked.format, asked.out)
    except (
        *(NoSuchMonth, warehouse.NotPublished, warehouse.VersionBroken),
        *(access.Refused, KeizokuError),
    ) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return NOT_POSSIBLE
    text: Text = page.text
    answer = {
        "path": str(path),
        "row_count": made.rows.height,
        "customer_count": made.rows["customer_key"].n_unique(),
        "left_out": made.left_out,
        "left_out_words": {why: text(f"lists.left_out.{why}") for why in made.left_out},
    }
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
