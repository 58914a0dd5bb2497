"""更新パイプライン: which contracts end when, what they are worth, and who talks to whom next."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import streamlit as st

from dashboards import (
    charts,
    consent,
    customers,
    drill,
    filters,
    frame,
    levels,
    missing,
    renewal_charts,
    tables,
    tiles,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, renewals
from dashboards.queries.listing import Listing
from dashboards.tables import Column

ATR, CHANCE = "mart_atr_monthly", "mart_renewal_probability"
EVER = 100_000  # days: longer than any contract
# days from now to the last day of the term
WINDOWS = {
    "overdue": (-EVER, -1),
    "30": (0, 30),
    "60": (31, 60),
    "90": (61, 90),
    "later": (91, EVER),
}
ANYBODY, NOBODY = "all", "none"
VIEWS = ("board", "calendar", "list", "rates")
RATES = {
    "renewal_logo_rate": ("count", "count"),
    "renewal_grr_rate": ("money", "money"),
    "renewal_nrr_rate": ("money", "money"),
    "decided_coverage_rate": ("money", "money"),
}
CARDS_PER_WINDOW = 4
CHOICES_PER_WINDOW = 40
BELOW_LIST = ("term", "line")


@dataclass(frozen=True)
class Owner:
    """Whose terms are shown: anybody's, one person's, or those nobody is in charge of."""

    is_anyone: bool
    name: str | None


def main(page: Frame) -> None:
    """Owner → what ends when → board, calendar, list or what became of past terms."""
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    by_month = renewals.by_month(page.snapshot)
    if by_month.is_empty():
        st.info(page.text("renewals.no_term"), icon=":material/event_busy:")
        st.markdown(page.text("renewals.no_term_steps"))
        return
    owner = choose_owner(page)
    show_windows(page, owner)
    missing.tell(page, "renewals", ["crm.deals"])
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=page.text("renewals.view"),
        show=lambda name: page.text(f"renewals.view_{name}"),
        clears=BELOW_LIST,
    )
    if view == "board":
        show_board(page, owner)
    elif view == "calendar":
        show_calendar(page, owner, by_month)
    elif view == "list":
        show_list(page, owner)
    else:
        show_rates(page, by_month)


def choose_owner(page: Frame) -> Owner:
    """The person in charge at our side; everybody's when the URL names none."""
    found = renewals.owners(page.snapshot)
    options = [ANYBODY, *(name for name in found if name), *([NOBODY] if None in found else [])]
    chosen = filters.select(
        "owner",
        options,
        default=ANYBODY,
        label=page.text("renewals.owner"),
        show=lambda name: page.text.code("renewal_owner", name),
        clears=BELOW_LIST,
        width=260,
    )
    return Owner(chosen == ANYBODY, None if chosen in (ANYBODY, NOBODY) else chosen)


def show_windows(page: Frame, owner: Owner) -> None:
    """What is open, by days to the end: ATR, how many, and what is expected of it."""
    text, formats = page.text, page.formats
    st.caption(text("renewals.windows_note", date=formats.date(page.as_of)))
    with st.container(key="tiles_five"):
        for name, days in WINDOWS.items():
            found = renewals.window(page.snapshot, owner.is_anyone, owner.name, *days)
            row = found.row(0, named=True)
            tiles.show(
                window_name(page, name),
                "money",
                row["atr"],
                None,
                formats,
                compared_with="",
                without_change=text(
                    "renewals.window_facts",
                    count=formats.count(row["term_count"]),
                    expected=formats.money(row["expected_value"]),
                ),
                definition=text.joined(
                    [page.definition(ATR, "atr"), page.definition(CHANCE, "expected_value")]
                ),
            )


def window_name(page: Frame, name: str) -> str:
    """Days to the end in words: overdue, within 30 days, …"""
    return page.text(f"renewals.window_{name}")


def in_words(page: Frame, terms: pl.DataFrame) -> pl.DataFrame:
    """Open terms with the customer's name and every code in the reader's language."""
    text, formats = page.text, page.formats
    rows = terms.to_dicts()

    def words(name: str, values: list[str]) -> pl.Series:
        return pl.Series(name, values, dtype=pl.String)

    return levels.named(page, terms).with_columns(
        words("owner_name", [row["owner"] or text.code("renewal_owner", NOBODY) for row in rows]),
        words("action", [text.code("renewal_action", row["next_action"]) for row in rows]),
        words("health", [text.code("health_band", row["health_band"]) for row in rows]),
        words("state", [text.code("renewal_forecast", row["forecast_state"]) for row in rows]),
        words("source", [text.code("p_source", row["p_source"] or "") for row in rows]),
        words("raising", [features(page, row["raising_features"]) for row in rows]),
        words("lowering", [features(page, row["lowering_features"]) for row in rows]),
        words("contact", [contact(page, row) for row in rows]),
        words("end", [formats.date(row["term_end_date"]) for row in rows]),
        words("left", [days_left(page, row["days_to_end"]) for row in rows]),
        words(
            "renews",
            [text.code("auto_renewal", str(row["is_auto_renewing"]).lower()) for row in rows],
        ),
    )


def features(page: Frame, codes: str | None) -> str:
    """What moves a learned chance most, in words; nothing where the chance is not learned."""
    named = [page.text.code("renewal_feature", code) for code in (codes or "").split(",") if code]
    return page.text.joined(named)


def contact(page: Frame, row: dict) -> str:
    """The last contact: its day and kind, or that there was none."""
    if row["last_contact_date"] is None:
        return page.text("renewals.no_contact")
    return page.text(
        "renewals.contact",
        date=page.formats.date(row["last_contact_date"]),
        kind=page.text.code("contact_kind", row["last_contact_kind"]),
    )


def days_left(page: Frame, days: int) -> str:
    """How long until the last day, or for how long it has passed."""
    key = "renewals.days_over" if days < 0 else "renewals.days_left"
    return page.text(key, days=page.formats.count(abs(days)))


# ---- board ----


def show_board(page: Frame, owner: Owner) -> None:
    """A column per window, the soonest first; a card opens the contracts behind it."""
    text, formats = page.text, page.formats
    title = text("renewals.board")
    heading_of_terms(page, title, notes=[text("renewals.board_note")])
    shown: list[pl.DataFrame] = []

    def words(rows: pl.DataFrame) -> pl.DataFrame:
        return in_words(page, rows)

    for place, (name, days) in zip(st.columns(len(WINDOWS)), WINDOWS.items(), strict=True):
        terms = renewals.terms(page.snapshot, owner.is_anyone, owner.name, *days)
        cards = words(terms.head(CHOICES_PER_WINDOW))
        shown.append(cards)
        with place:
            st.markdown(
                text(
                    "renewals.column",
                    window=window_name(page, name),
                    count=formats.count(terms.height),
                )
            )
            if terms.is_empty():
                st.caption(text("renewals.no_card"))
            for card in cards.head(CARDS_PER_WINDOW).to_dicts():
                show_card(page, card)
            rest = terms.height - CARDS_PER_WINDOW
            if rest > 0:
                st.caption(text("renewals.more_cards", count=formats.count(rest)))
    every = renewals.terms(page.snapshot, owner.is_anyone, owner.name, -EVER, EVER)
    show_term(page, levels.with_asked(every, pl.concat(shown), "term", "term_key", words))


def show_card(page: Frame, card: dict) -> None:
    """One term: who, until when, how much, how likely, and what to do next."""
    text, formats = page.text, page.formats
    with st.container(border=True, gap="small"):
        st.button(
            text("renewals.card_name", customer=literal(card["customer"])),
            key=f"card_{card['term_key']}",
            type="tertiary",
            help=text("renewals.open_card"),
            on_click=filters.put,
            kwargs={"term": card["term_key"], "line": None},
        )
        st.markdown(
            text(
                "renewals.card",
                end=card["end"],
                left=card["left"],
                atr=formats.money(card["atr"]),
                chance=formats.rate(card["p_renew"]),
                deadline=formats.date(card["notice_deadline_date"]) + at_work(page, card),
                owner=literal(card["owner_name"]),
                stage=literal(card["stage"] or formats.missing(None)),
                action=card["action"],
            )
        )


def heading_of_terms(page: Frame, title: str, notes: list[str], unit: str | None = None) -> None:
    """The heading of any list of open terms: what ATR and the chance mean."""
    frame.heading(
        page,
        title,
        unit=unit or page.formats.money_unit(),
        metrics=[(ATR, "atr"), (CHANCE, "p_renew"), (CHANCE, "expected_value")],
        notes=notes,
    )


# ---- calendar ----


def show_calendar(page: Frame, owner: Owner, by_month: pl.DataFrame) -> None:
    """The days of one month on which terms end, and the last days to give notice."""
    text, formats = page.text, page.formats
    open_months = by_month.filter(pl.col("open_count") > 0)["month"].to_list()
    if not open_months:
        st.info(text("renewals.nothing_open"), icon=":material/task_alt:")
        return
    options = {f"{month:%Y-%m}": month for month in open_months}
    coming = [name for name, month in options.items() if month > page.as_of] or list(options)
    chosen = filters.select(
        "month",
        list(options),
        default=coming[0],
        label=text("renewals.month_of_end"),
        show=lambda name: formats.month(options[name]),
        clears=BELOW_LIST,
        width=200,
    )
    month = options[chosen]
    last = month.replace(day=monthrange(month.year, month.month)[1])
    title = text("renewals.calendar", month=formats.month(month))
    heading_of_terms(
        page, title, notes=[text("renewals.calendar_note")], unit=text("renewals.terms")
    )
    ends = renewals.ends_by_day(page.snapshot, month, owner.is_anyone, owner.name)
    deadlines = renewals.deadlines_by_day(page.snapshot, month, last, owner.is_anyone, owner.name)
    days = renewals.days(page.snapshot, month, last)
    chart = renewal_charts.calendar(
        calendar_days(page, days, ends, deadlines),
        formats.weekdays(),
        first_weekday=formats.first_weekday,
        facts_title=text("renewals.on_this_day"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="calendar", alt=title)
    say_days_off(page, days)
    terms = renewals.terms_ending_in(page.snapshot, owner.is_anyone, owner.name, month)
    total = ends["atr"].sum() if ends.height else None
    if total is not None:
        levels.show_match(page, terms.total("atr"), total, formats.money)
    show_terms(page, terms, title, f"renewals_{month:%Y%m}")


def names_of(day: dict) -> list[str]:
    """What a day is called: its holiday, and what the company's own calendar says."""
    names = (day["holiday_name_ja"], day["company_day_name"])
    return list(dict.fromkeys(name for name in names if name))


def say_days_off(page: Frame, days: pl.DataFrame) -> None:
    """The named days of a month on which the company does not work, in one line."""
    off = days.filter(~pl.col("is_business_day")).to_dicts()
    named = [
        page.text(
            "renewals.day_off",
            day=page.formats.date(row["date_key"]),
            name=literal(page.text.joined(names_of(row))),
        )
        for row in off
        if names_of(row)
    ]
    if named:
        st.caption(page.text("renewals.days_off", days=page.text.joined(named)))


def at_work(page: Frame, row: dict) -> str:
    """By which business day a deadline on a day off is settled; nothing where it is one."""
    day = row["notice_business_date"]
    if day is None or day == row["notice_deadline_date"]:
        return ""
    return page.text("renewals.by_business_day", day=page.formats.date(day))


def calendar_days(
    page: Frame, days: pl.DataFrame, ends: pl.DataFrame, deadlines: pl.DataFrame
) -> list[renewal_charts.Day]:
    """The month's days with what ends and what must be said by then."""
    text, formats = page.text, page.formats
    ending = {row["term_end_date"]: row for row in ends.to_dicts()}
    telling = {row["notice_deadline_date"]: row for row in deadlines.to_dicts()}
    made = []
    for row in days.to_dicts():
        day, end = row["date_key"], ending.get(row["date_key"])
        facts = []
        if end:
            facts.append(
                text(
                    "renewals.day_ends",
                    count=formats.count(end["term_count"]),
                    atr=formats.money(end["atr"]),
                )
            )
        if day in telling:
            count = formats.count(telling[day]["term_count"])
            facts.append(text("renewals.day_deadlines", count=count) + at_work(page, telling[day]))
        made.append(
            renewal_charts.Day(
                day=day,
                is_working=row["is_business_day"],
                name=text.joined([formats.date(day), *names_of(row)]),
                ends=end["term_count"] if end else 0,
                ends_text=text("renewals.cell_ends", count=end["term_count"]) if end else "",
                deadline_text=text("renewals.cell_deadlines", count=telling[day]["term_count"])
                if day in telling
                else "",
                facts=text.joined(facts) or formats.missing(None),
            )
        )
    return made


# ---- list ----


def show_list(page: Frame, owner: Owner) -> None:
    """Every open term of the chosen window with what is needed to call: the list to contact."""
    text = page.text
    window = filters.segments(
        "window",
        (ANYBODY, *WINDOWS),
        default=ANYBODY,
        label=text("renewals.window"),
        show=lambda name: window_name(page, name),
        clears=BELOW_LIST,
    )
    days = WINDOWS.get(window, (-EVER, EVER))
    terms = renewals.terms(page.snapshot, owner.is_anyone, owner.name, *days)
    title = text("renewals.list", count=page.formats.count(terms.height))
    heading_of_terms(page, title, notes=[text("renewals.list_note")])
    total = renewals.window(page.snapshot, owner.is_anyone, owner.name, *days)["atr"][0]
    levels.show_match(page, terms.total("atr"), total, page.formats.money)
    show_terms(page, terms, title, "renewal_contacts")


def show_terms(page: Frame, terms: Listing, title: str, file_name: str) -> None:
    """Open terms as a table and as a file; a pressed row opens the contracts behind it."""
    text, formats = page.text, page.formats
    if terms.is_empty():
        st.info(text("renewals.nothing_open"), icon=":material/task_alt:")
        return

    def words(rows: pl.DataFrame) -> pl.DataFrame:
        return in_words(page, rows)

    shown = levels.first_of(page, terms, words)
    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("term_end_date", text("renewals.end"), "date"),
        Column("left", text("renewals.left")),
        Column("notice_deadline_date", text("renewals.deadline"), "date"),
        Column("notice_business_date", text("renewals.deadline_at_work"), "date"),
        Column("atr", page.metric_name(ATR, "atr"), "money"),
        Column("p_renew", page.metric_name(CHANCE, "p_renew"), "rate"),
        Column("action", text("renewals.action")),
        Column("owner_name", text("renewals.owner")),
        Column("stage", text("renewals.stage")),
        Column("state", text("renewals.state")),
        Column("contact", text("renewals.last_contact")),
        Column("expected_value", page.metric_name(CHANCE, "expected_value"), "money"),
        Column("health", text("renewals.health")),
        Column("renews", text("renewals.renews")),
        Column("source", text("renewals.source")),
        Column("raising", text("renewals.raising")),
        Column("lowering", text("renewals.lowering")),
        Column("contract_id", text("column.contract_id")),
    ]
    tables.show(
        shown,
        columns,
        formats,
        selectable=tables.rows_in_url("term", shown["term_key"].to_list(), clears=("line",)),
        key="terms",
        alt=title,
    )
    tables.download(
        page,
        lambda: words(terms.all()),
        columns,
        name=file_name,
        key="terms_csv",
        before=lambda: levels.record_export(page, "mart_renewal_pipeline", terms.height),
        more=lambda: consent.offer(page, "renewals", terms.all),
    )
    show_term(page, levels.with_asked(terms, shown, "term", "term_key", words))


def show_term(page: Frame, shown: pl.DataFrame) -> None:
    """The contracts of the chosen term's customer, down to the delivered line."""
    text = page.text
    by_key = {row["term_key"]: row for row in shown.to_dicts()}
    chosen = filters.select(
        "term",
        list(by_key),
        default=None,
        label=text("renewals.term"),
        show=lambda key: text(
            "renewals.term_name",
            customer=by_key[key]["customer"],
            contract=by_key[key]["contract_id"],
            end=page.formats.date(by_key[key]["term_end_date"]),
        ),
        clears=("line",),
        placeholder=text("renewals.choose_term"),
    )
    if chosen is not None:
        last = about.months(page.snapshot).to_dicts()[-1]
        customers.link(page, by_key[chosen]["customer_key"])
        drill.show_contracts(page, by_key[chosen], last["month"], last["month_end"])


# ---- what became of them ----


def show_rates(page: Frame, by_month: pl.DataFrame) -> None:
    """ATR by the month terms end in and what became of it; the rates of one month; its terms."""
    text, formats = page.text, page.formats
    title = text("renewals.outcomes")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(ATR, "atr")],
        notes=[text("renewals.outcomes_note")],
    )
    rows = by_month.to_dicts()
    parts = [
        renewal_charts.Part(
            month=formats.month_axis(row["month"]),
            outcome=outcome,
            label=text.code("renewal_outcome", outcome),
            value=float(formats.money_pixels(row[f"{outcome}_atr"])),
            text=formats.money(row[f"{outcome}_atr"]),
            count_text=formats.count(row[f"{outcome}_count"]),
            puts={"month": f"{row['month']:%Y-%m}"},
        )
        for row in rows
        for outcome in renewal_charts.OUTCOMES
    ]
    chart = renewal_charts.outcomes_by_month(
        parts,
        [
            formats.month_axis(month)
            for month in months_between(rows[0]["month"], rows[-1]["month"])
        ],
        month_title=text("renewals.month_of_end"),
        value_title=formats.money_unit(),
        count_title=text("renewals.count"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="outcomes", alt=title, clears=BELOW_LIST)
    options = {f"{row['month']:%Y-%m}": row for row in reversed(rows)}
    decided = [name for name, row in options.items() if row["decided_count"]]
    chosen = filters.select(
        "month",
        list(options),
        default=(decided or list(options))[0],
        label=text("renewals.month_of_end"),
        show=lambda name: formats.month(options[name]["month"]),
        clears=("customer", "line"),
        width=200,
    )
    show_month_rates(page, options[chosen])
    columns = [
        Column("month", text("renewals.month_of_end"), "month", is_pinned=True),
        Column("atr", page.metric_name(ATR, "atr"), "money"),
        *(
            Column(f"{outcome}_atr", text.code("renewal_outcome", outcome), "money")
            for outcome in renewal_charts.OUTCOMES
        ),
        *(Column(name, page.metric_name(ATR, name), "rate") for name in RATES),
        Column("term_count", text("renewals.count"), "count"),
    ]
    newest_first = by_month.reverse()
    tables.show(
        newest_first,
        columns,
        formats,
        selectable=tables.rows_in_url("month", list(options), clears=("customer", "line")),
        key="atr_table",
        alt=title,
    )
    tables.download(page, lambda: by_month, columns, name="atr", key="atr_csv")
    show_month_terms(page, options[chosen])


def months_between(first: date, last: date) -> list[date]:
    """Every month from first to last, also those in which nothing ends."""
    months = [first]
    while months[-1] < last:
        months.append((months[-1] + timedelta(days=31)).replace(day=1))
    return months


def show_month_rates(page: Frame, row: dict) -> None:
    """The renewal rates of one month, each with what was divided by what."""
    text, formats = page.text, page.formats
    with st.container(key="tiles_rates"):
        for column, (above, below) in RATES.items():
            reason = row[f"{column}_null_reason"]
            tiles.show(
                page.metric_name(ATR, column),
                "rate",
                row[column],
                None,
                formats,
                compared_with="",
                without_change=text.code("null_reason", reason)
                if reason
                else text(
                    "renewals.quotient",
                    numerator=getattr(formats, above)(row[f"{column}_numerator"]),
                    denominator=getattr(formats, below)(row[f"{column}_denominator"]),
                ),
                definition=page.definition(ATR, column),
            )


def show_month_terms(page: Frame, row: dict) -> None:
    """The terms of the chosen month and what became of each; their sum is the month's ATR."""
    text, formats = page.text, page.formats
    terms = renewals.terms_of_month(page.snapshot, row["month"])
    title = text("renewals.terms_of_month", month=formats.month(row["month"]))
    st.subheader(title, anchor=False)
    levels.show_match(page, terms.total("atr"), row["atr"], formats.money)

    def words(rows: pl.DataFrame) -> pl.DataFrame:
        became = [outcome_name(page, term) for term in rows.to_dicts()]
        return levels.named(page, rows).with_columns(pl.Series("became", became, dtype=pl.String))

    columns = [
        Column("customer", text("column.customer"), is_pinned=True),
        Column("term_end_date", text("renewals.end"), "date"),
        Column("atr", page.metric_name("fct_renewal_term", "atr"), "money"),
        Column("became", text("renewals.became")),
        Column("renewed_on", text("renewals.renewed_on"), "date"),
        Column("renewed_amount", text("renewals.renewed_amount"), "money"),
        Column("uncovered_days", text("renewals.uncovered"), "count"),
        Column("notice_deadline_date", text("renewals.deadline"), "date"),
        Column("contract_id", text("column.contract_id")),
    ]
    customer = levels.show(
        page,
        levels.of_customers(
            page, title, "fct_renewal_term", file=f"renewal_terms_{row['month']:%Y%m}"
        ),
        terms,
        columns,
        describe=levels.of_name,
        in_words=words,
    )
    if customer is not None:
        last = about.months(page.snapshot).to_dicts()[-1]
        month, end = month_shown(page, row["month"], last)
        drill.show_contracts(page, customer, month, end)


def month_shown(page: Frame, month: date, last: dict) -> tuple[date, date]:
    """The month whose contracts are shown: the term's own, or the last complete one before it."""
    for row in about.months(page.snapshot).to_dicts():
        if row["month"] == month:
            return month, row["month_end"]
    return last["month"], last["month_end"]


def outcome_name(page: Frame, term: dict) -> str:
    """What became of a term; an open one whose last day is past is overdue."""
    if term["is_in_grace"]:
        return page.text("renewals.in_grace")
    return page.text.code("renewal_outcome", term["outcome"])


main(frame.current())
