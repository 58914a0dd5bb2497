"""A list of customers to contact, for a mail tool, LINE or the CRM:
`python -m dashboards.lists --list at_risk --for email --out DIR`.

Who may be in it and what the file holds is consent.py's; here are the lists the command knows and
the file it writes. A program of its own, as report.py is.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from dagster_project.messages import KeizokuError
from dashboards import access, consent, warehouse
from dashboards.catalogue import LANGUAGES, Text
from dashboards.consent import CHANNELS, FILES, Made
from dashboards.frame import Frame
from dashboards.queries import lists
from dashboards.report import NoSuchMonth, open_page

RENEWAL_DAYS = 90
NOT_POSSIBLE = 3
LISTS: dict[str, Callable[[warehouse.Snapshot], pl.DataFrame]] = {
    "at_risk": lists.at_risk,
    "renewals": lambda snapshot: lists.renewals(snapshot, RENEWAL_DAYS),
    "dormant": lists.dormant,
    "upsell": lists.upsell,
}


def make(page: Frame, name: str, channel: str) -> Made:
    """The list for the channel. Raises access.Refused without the right to people."""
    return consent.make(page, name, channel, LISTS[name](page.snapshot))


def write(page: Frame, name: str, channel: str, kind: str, folder: Path) -> tuple[Path, Made]:
    """The list as a file, recorded in the access log before it is there."""
    made = make(page, name, channel)
    content = consent.content(page, name, channel, kind, made)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / consent.file_name(page, name, channel, kind)
    consent.record(page, name, channel, kind, made)
    aside = path.with_name(f".{path.name}.new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    return path, made


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
