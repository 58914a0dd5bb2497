"""要注意顧客: who may leave, on what evidence, what is at stake, what to do and what came of it."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import streamlit as st

from dashboards import (
    access,
    charts,
    clock,
    drill,
    filters,
    frame,
    levels,
    risk_charts,
    source_line,
    tables,
    tiles,
)
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import about, retention, risk
from dashboards.tables import Column

MART, MODEL, OUTCOME = "mart_at_risk", "mart_risk_model", "mart_approach_outcome"
BACKTEST, HEALTH = "mart_risk_backtest", "mart_customer_health"
VIEWS = ("list", "approaches", "skill")
ANYBODY, NOBODY, ALL = "all", "none", "all"
SOON_DAYS = 7
DAYS_OF_INQUIRIES = 90
BELOW_LIST = ("customer", "evidence", "line")
CONSENTS = ("phone", "email", "line", "dm")
WAIT_SECONDS = 5  # for a run in progress; the reader is told and can press again
OUTCOMES = ("no_answer", "talked", "promised_to_stay", "solved", "will_leave")
ACTIONS = ("call", "confirm_renewal", "settle_payment", "apologise_and_solve")
ACTIONS += ("help_to_use", "collect_papers", "win_back")


@dataclass(frozen=True)
class Choice:
    """Which customers are shown; None where it is all of them."""

    band: str | None
    is_anyone: bool
    owner: str | None
    plan: str | None
    reason: str | None

    def values(self) -> tuple:
        """As the queries take it."""
        return (self.band, self.is_anyone, self.owner, self.plan, self.reason)


def main(page: Frame) -> None:
    """Choice → tiles → whether the score holds → list, approaches or track record."""
    text = page.text
    months = about.months(page.snapshot).to_dicts()
    frame.warn_when_uncovered(page, months[-1]["month_end"])
    options = risk.options(page.snapshot)
    model = risk.model(page.snapshot).to_dicts()
    if options.is_empty():
        st.info(text("risk.nobody"), icon=":material/sentiment_satisfied:")
        st.markdown(text("risk.nobody_steps"))
        return
    choice = choose(page, options)
    show_tiles(page, choice, model)
    say_skill(page, model)
    view = filters.segments(
        "view",
        VIEWS,
        default=VIEWS[0],
        label=text("risk.view"),
        show=lambda name: text(f"risk.view_{name}"),
        clears=BELOW_LIST,
    )
    if view == "list":
        show_list(page, choice, has_skill=bool(model and model[0]["has_skill"]))
    elif view == "approaches":
        show_approaches(page)
    else:
        show_skill(page, model)


# ---- who is shown ----


def choose(page: Frame, options: pl.DataFrame) -> Choice:
    """Band, person in charge, plan and reason; all of them where the URL names none."""
    text = page.text
    owners = options["owner"].unique().sort().to_list()
    people = [ANYBODY, *(one for one in owners if one), *([NOBODY] if None in owners else [])]
    plans = [ALL, *options["plan_name"].drop_nulls().unique().sort()]
    bands = [ALL, *options["health_band"].unique().sort()]
    codes = [ALL, *risk.by_reason(page.snapshot)["reason_code"]]
    with st.container(horizontal=True):
        band = filters.select(
            "band",
            bands,
            default=ALL,
            label=text("risk.band"),
            show=lambda code: text("risk.all") if code == ALL else band_name(page, code),
            clears=BELOW_LIST,
            width=130,
        )
        owner = filters.select(
            "owner",
            people,
            default=ANYBODY,
            label=text("risk.owner"),
            show=lambda name: text.code("renewal_owner", name),
            clears=BELOW_LIST,
            width=210,
        )
        plan = filters.select(
            "plan",
            plans,
            default=ALL,
            label=text("column.plan_id"),
            show=lambda name: text("risk.all") if name == ALL else name,
            clears=BELOW_LIST,
            width=180,
        )
        reason = filters.select(
            "reason",
            codes,
            default=ALL,
            label=text("risk.reason"),
            show=lambda code: text("risk.all") if code == ALL else reason_name(page, code),
            clears=BELOW_LIST,
            width=210,
        )
    return Choice(
        None if band == ALL else band,
        owner == ANYBODY,
        None if owner in (ANYBODY, NOBODY) else owner,
        None if plan == ALL else plan,
        None if reason == ALL else reason,
    )


def band_name(page: Frame, code: str | None) -> str:
    """A health band in words."""
    return page.text.code("health_band", code or "unknown")


def reason_name(page: Frame, code: str) -> str:
    """A reason in a few words, for a filter or an axis."""
    return page.text.code("risk_reason", code)


def show_tiles(page: Frame, choice: Choice, model: list[dict]) -> None:
    """Customers and MRR at risk, announced and due, and what the score is worth."""
    text, formats = page.text, page.formats
    soon = page.as_of + timedelta(days=SOON_DAYS)
    total = risk.totals(page.snapshot, *choice.values(), soon).to_dicts()[0]
    everybody = risk.paying(page.snapshot).to_dicts()[0]
    with st.container(key="tiles_five"):
        tiles.show(
            text("risk.customers"),
            "count",
            total["customer_count"],
            None,
            formats,
            compared_with="",
            without_change=text("risk.of_paying", count=formats.count(everybody["customer_count"])),
            definition=text("risk.customers_help"),
        )
        tiles.show(
            page.metric_name(MART, "mrr_at_stake"),
            "money",
            total["mrr_at_stake"],
            None,
            formats,
            compared_with="",
            without_change=text("risk.of_mrr", mrr=formats.money(everybody["mrr"])),
            definition=page.definition(MART, "mrr_at_stake"),
        )
        for name in ("announced", "due"):
            tiles.show(
                text(f"risk.{name}"),
                "count",
                total[f"{name}_count"],
                None,
                formats,
                compared_with="",
                without_change=text("risk.with_mrr", mrr=formats.money(total[f"{name}_mrr"])),
                definition=text(f"risk.{name}_help", days=SOON_DAYS),
            )
        for row in model:
            tiles.show(
                text("risk.skill"),
                "ratio",
                row["auc_score"],
                None,
                formats,
                compared_with="",
                without_change=text("risk.has_skill" if row["has_skill"] else "risk.no_skill"),
                definition=page.definition(MODEL, "auc_score"),
            )


def say_skill(page: Frame, model: list[dict]) -> None:
    """In which order the list is, and whether the chance of leaving has proved itself here."""
    text, formats = page.text, page.formats
    if not model:
        return
    row = model[0]
    if not row["has_skill"]:
        st.info(
            text("risk.without_skill", reason=text.code("no_skill_reason", row["no_skill_reason"])),
            icon=":material/help:",
        )
        return
    st.markdown(
        text(
            "risk.with_skill",
            count=formats.count(row["held_back_count"]),
            churned=formats.count(row["held_back_churned_count"]),
            lift=formats.ratio(row["lift_ratio"]),
            auc=formats.ratio(row["auc_score"]),
        )
    )


# ---- the list ----


def show_list(page: Frame, choice: Choice, *, has_skill: bool) -> None:
    """Reasons as bars, then whom to approach, why, how and by when; a customer opens."""
    text, formats = page.text, page.formats
    show_reasons(page)
    rows = risk.customers(page.snapshot, *choice.values())
    title = text("risk.list", count=formats.count(rows.height))
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "mrr_at_stake"), (MART, "p_churn")],
        notes=[text("risk.order_skill" if has_skill else "risk.order_mrr")],
    )
    if rows.is_empty():
        st.info(text("risk.nobody_chosen"), icon=":material/filter_alt_off:")
        return
    soon = page.as_of + timedelta(days=SOON_DAYS)
    total = risk.totals(page.snapshot, *choice.values(), soon)["mrr_at_stake"][0]
    levels.show_match(page, rows["mrr_at_stake"].sum(), total, formats.money)
    chance = [Column("p_churn", page.metric_name(MART, "p_churn"), "rate")] if has_skill else []
    raising = [Column("raising", text("risk.raising"))] if has_skill else []
    columns = [
        Column("risk_rank", text("risk.rank"), "count", is_pinned=True),
        Column("customer", text("column.customer"), is_pinned=True),
        Column("mrr_at_stake", page.metric_name(MART, "mrr_at_stake"), "money"),
        Column("why", text("risk.reason")),
        Column("action", text("risk.action")),
        Column("due_date", text("risk.due_on"), "date"),
        Column("due_why", text("risk.due_reason")),
        Column("channel", text("risk.channel")),
        Column("owner_name", text("risk.owner")),
        Column("band", text("risk.band")),
        *chance,
        *raising,
        Column("plan_name", text("column.plan_id")),
        Column("last_contact_date", text("risk.last_contact"), "date"),
        Column("last_acted_on", text("risk.last_acted"), "date"),
        Column("last_outcome", text("risk.outcome")),
        Column("said", text("risk.facts")),
        *(Column(f"{one}_consent", text(f"risk.consent_{one}")) for one in CONSENTS),
    ]
    level = levels.Level(
        "customer", "customer_key", title, text("risk.choose"), MART, ("evidence", "line")
    )
    chosen = levels.show(
        page,
        level,
        rows,
        columns,
        describe=lambda row: text(
            "risk.customer_name", rank=row["risk_rank"], customer=row["customer"]
        ),
        in_words=lambda some: in_words(page, some),
    )
    st.caption(text("risk.list_note"))
    if chosen is not None:
        show_customer(page, chosen)


def show_reasons(page: Frame) -> None:
    """How many customers have each reason, by the money they pay; a bar narrows the list."""
    text, formats = page.text, page.formats
    title = text("risk.reasons")
    frame.heading(
        page,
        title,
        unit=formats.money_unit(),
        metrics=[(MART, "mrr_at_stake")],
        notes=[text("risk.reasons_note")],
    )
    bars = [
        charts.Bar(
            reason_name(page, row["reason_code"]),
            formats.money_pixels(row["mrr_at_stake"]),
            text("risk.reason_bar", count=formats.count(row["customer_count"])),
            "less",
            {"reason": row["reason_code"]},
        )
        for row in risk.by_reason(page.snapshot).to_dicts()
    ]
    charts.show(
        charts.bars(bars, formats.money_unit(), page.is_dark),
        key="reasons",
        alt=title,
        clears=BELOW_LIST,
    )


def in_words(page: Frame, rows: pl.DataFrame) -> pl.DataFrame:
    """Customers at risk with their name and every code in the reader's language."""
    text = page.text
    told = risk.reasons(page.snapshot).filter(
        pl.col("customer_key").is_in(rows["customer_key"].to_list())
    )
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


# ---- one customer ----


def show_customer(page: Frame, customer: dict) -> None:
    """Reasons with their evidence, health, contracts, inquiries, and what is done about it."""
    text, formats = page.text, page.formats
    key = customer["customer_key"]
    st.subheader(text("risk.one", customer=literal(customer["customer"])), anchor=False)
    st.markdown(
        text(
            "risk.one_facts",
            mrr=formats.money(customer["mrr_at_stake"]),
            action=customer["action"],
            due=formats.date(customer["due_date"]),
            why=customer["due_why"],
            channel=customer["channel"],
            owner=literal(customer["owner_name"]),
            chance=formats.rate(customer["p_churn"], customer["p_churn_null_reason"]),
        )
    )
    show_evidence(page, key)
    show_record(page, customer)
    show_health(page, key)
    show_inquiries(page, key)
    st.markdown(text("risk.contracts"))
    last = about.months(page.snapshot).to_dicts()[-1]
    drill.show_contracts(page, customer, last["month"], last["month_end"])


def show_evidence(page: Frame, key: str) -> None:
    """Every reason with the record it was read from; a pressed one opens its delivered line."""
    text = page.text
    rows = risk.reasons(page.snapshot).filter(pl.col("customer_key") == key)
    shown = rows.with_columns(
        rows[f"reason_{text.lang}"].alias("reason"),
        pl.Series("group", [text.code("risk_source", code) for code in rows["reason_group"]]),
        pl.Series("entity", [text.code("entity", code) for code in rows["evidence_entity"]]),
        pl.Series(
            "record",
            [evidence_name(page, row) for row in rows.to_dicts()],
            dtype=pl.String,
        ),
    )
    title = text("risk.evidence")
    st.markdown(title)
    chosen = levels.show(
        page,
        levels.Level(
            "evidence",
            "reason_code",
            title,
            text("risk.choose_evidence"),
            "mart_at_risk_reason",
            ("line",),
        ),
        shown,
        [
            Column("reason", text("risk.reason"), is_pinned=True),
            Column("group", text("risk.source")),
            Column("entity", text("risk.entity")),
            Column("record", text("risk.record")),
            Column("evidenced_on", text("risk.evidenced_on"), "date"),
            Column("evidence_count", text("risk.evidence_count"), "count"),
        ],
        describe=lambda row: row["reason"],
    )
    if chosen is not None:
        show_evidence_line(page, chosen)


def evidence_name(page: Frame, row: dict) -> str:
    """What identifies the evidence: an id in its source system, or the names of what counted."""
    text = page.text
    if row["reason_group"] == "model":
        return text.joined(
            text.code("risk_feature", code) for code in (row["evidence_key"] or "").split(",")
        )
    if row["reason_group"] == "health":
        return text.code("health_component", row["evidence_key"])
    if row["reason_group"] == "usage":
        return row["evidence_system"] or ""
    return " ".join(filter(None, [row["evidence_system"], row["evidence_key"]]))


def show_evidence_line(page: Frame, row: dict) -> None:
    """The delivered line of an invoice or an inquiry; of the rest where it is to be seen."""
    text = page.text
    found = {"billing.invoices": risk.invoice_line, "inquiry.tickets": risk.inquiry_line}.get(
        row["evidence_entity"]
    )
    lines = (
        found(page.snapshot, row["evidence_system"], row["evidence_key"]).to_dicts()
        if found
        else []
    )
    if not lines:
        st.caption(text.code("evidence_where", row["evidence_entity"]))
        return
    st.markdown(text("drill.original", source=literal(source_line.name(page, lines[0]))))
    source_line.show(page, lines[0], row["evidence_entity"])


def show_health(page: Frame, key: str) -> None:
    """The score of the day, what it is made of, and how it has moved."""
    text, formats = page.text, page.formats
    for now in risk.health(page.snapshot, key).to_dicts():
        title = text("risk.health")
        frame.heading(
            page,
            title,
            unit=text("risk.points"),
            metrics=[(HEALTH, "health_score")],
            notes=[
                text(
                    "risk.health_now",
                    score=formats.ratio(now["health_score"]),
                    band=band_name(page, now["health_band"]),
                    coverage=formats.ratio(now["health_coverage_score"]),
                )
            ],
        )
    history = risk.health_history(page.snapshot, key)
    if history.is_empty():
        st.caption(text("risk.no_health"))
        return
    scores = [
        risk_charts.Score(
            formats.month_axis(row["month"]),
            None if row["health_score"] is None else float(row["health_score"]),
            text(
                "risk.health_then",
                score=formats.ratio(row["health_score"]),
                band=band_name(page, row["health_band"]),
            ),
        )
        for row in history.to_dicts()
    ]
    chart = risk_charts.health(
        scores,
        month_title=text("column.month"),
        score_title=page.metric_name(HEALTH, "health_score"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="health", alt=text("risk.health"))
    parts = risk.health_components(page.snapshot, key)
    shown = parts.with_columns(
        pl.Series("name", [text.code("health_component", code) for code in parts["component"]]),
        pl.Series("why", [text.code("health_reason", code) for code in parts["reason_code"]]),
    )
    tables.show(
        shown,
        [
            Column("name", text("risk.component"), is_pinned=True),
            Column("component_score", text("risk.component_score"), "ratio"),
            Column("contribution_score", text("risk.contribution"), "ratio"),
            Column("weight", text("risk.weight"), "ratio"),
            Column("why", text("risk.component_reason")),
        ],
        formats,
        key="health_parts",
        alt=text("risk.health"),
    )


def show_inquiries(page: Frame, key: str) -> None:
    """What the customer asked in the last days."""
    text = page.text
    first = page.as_of - timedelta(days=DAYS_OF_INQUIRIES - 1)
    asked = retention.inquiries(page.snapshot, key, first, page.as_of)
    title = text("risk.inquiries", days=DAYS_OF_INQUIRIES)
    st.markdown(title)
    if asked.is_empty():
        st.caption(text("retention.no_inquiry"))
        return
    shown = asked.with_columns(
        pl.Series(
            "complaint",
            [text("retention.is_complaint") if is_it else "" for is_it in asked["is_complaint"]],
        ),
        pl.Series("state", [text.code("ticket_status", code or "") for code in asked["status"]]),
    )
    columns = [
        Column("asked_date", text("retention.asked_on"), "date"),
        Column("topic", text("retention.topic")),
        Column("complaint", text("retention.complaint")),
        Column("channel", text("retention.channel")),
        Column("state", text("column.state")),
        Column("ticket_id", text("retention.ticket")),
    ]
    tables.show(shown, columns, page.formats, key="inquiries", alt=title)


# ---- what is done ----


def show_record(page: Frame, customer: dict) -> None:
    """What was done about the customer so far, and a form to write down what was done now."""
    text, formats = page.text, page.formats
    key = customer["customer_key"]
    st.markdown(text("risk.done"))
    done = risk.actions(page.snapshot, key)
    if done.is_empty():
        st.caption(text("risk.nothing_done"))
    else:
        show_actions(page, done, key)
    if not page.who.may(access.RECORD_APPROACHES):
        st.caption(text("risk.may_not_record"))
        return
    recorded = st.session_state.setdefault("approaches_recorded", {})
    today = formats.local_date(clock.utc_now().replace(tzinfo=None))
    with (
        st.expander(text("risk.record_title"), icon=":material/edit_note:"),
        st.form(f"approach_{key}", clear_on_submit=True, border=False),
    ):
        action = st.selectbox(
            text("risk.what"),
            ACTIONS,
            index=ACTIONS.index(customer["action_code"]),
            format_func=lambda code: text.code("approach_action", code),
        )
        outcome = st.selectbox(
            text("risk.outcome"),
            OUTCOMES,
            format_func=lambda code: text.code("approach_outcome", code),
        )
        on = st.date_input(
            text("risk.when"), today, max_value=today, format=text("risk.date_format")
        )
        by = st.text_input(text("risk.who"), page.who.name)
        note = st.text_area(text("risk.note"), placeholder=text("risk.note_hint"))
        if st.form_submit_button(text("risk.save"), icon=":material/save:"):
            problem = record(page, key, action, outcome, on, note.strip(), by.strip())
            if problem:
                st.error(problem, icon=":material/error:")
            else:
                recorded.setdefault(key, []).append(
                    text(
                        "risk.recorded_line",
                        date=formats.date(on),
                        action=text.code("approach_action", action),
                        outcome=text.code("approach_outcome", outcome),
                    )
                )
    if recorded.get(key):
        st.success(text("risk.recorded", lines=text.joined(recorded[key])), icon=":material/check:")


def record(
    page: Frame, key: str, action: str, outcome: str, on: date, note: str, by: str
) -> str | None:
    """Keep the approach through the one command that writes; what went wrong in words, or None."""
    from dagster_project import commands, messages
    from dagster_project.messages import KeizokuError
    from dagster_project.settings import load_settings

    access.record(
        page.home,
        page.who,
        "record_approach",
        version=page.snapshot.name,
        customer_key=key,
        action_code=action,
        outcome_code=outcome,
    )
    try:
        commands.record_approach(
            load_settings(page.home),
            key,
            action=action,
            outcome=outcome,
            on=on,
            note=note or None,
            by=by or page.who.name,
            now=clock.utc_now(),
            wait_seconds=WAIT_SECONDS,
        )
    except KeizokuError as error:
        told = messages.explain(error.code, page.text.lang, where=error.where, **error.values)
        return page.text(
            "risk.not_recorded", **{part: literal(value) for part, value in told.items()}
        )
    return None


def show_actions(page: Frame, done: pl.DataFrame, key: str | None) -> None:
    """Approaches recorded: when, what, what came of it, and whether the customer was kept."""
    text = page.text
    noted = risk.notes(page.snapshot, key)
    rows = done.to_dicts()
    shown = levels.named(page, done).with_columns(
        pl.Series("action", [text.code("approach_action", row["action_code"]) for row in rows]),
        pl.Series("outcome", [text.code("approach_outcome", row["outcome_code"]) for row in rows]),
        pl.Series("note", [noted.get(row["approach_key"], "") for row in rows], dtype=pl.String),
        pl.Series("kept", [kept(page, row) for row in rows]),
    )
    columns = [
        Column("acted_on", text("risk.when"), "date", is_pinned=True),
        *([] if key else [Column("customer", text("column.customer"))]),
        Column("action", text("risk.what")),
        Column("outcome", text("risk.outcome")),
        Column("kept", text("risk.kept")),
        Column("recorded_by", text("risk.who")),
        Column("note", text("risk.note")),
    ]
    tables.show(shown, columns, page.formats, key="actions", alt=text("risk.done"))
    tables.download(
        page,
        lambda: shown,
        columns,
        name="approaches",
        key="actions_csv",
        before=lambda: levels.record_export(page, "mart_approach_action", shown.height),
    )


def kept(page: Frame, row: dict) -> str:
    """Whether the customer was still there 90 days after the approach, or not known yet."""
    if row["is_retained_90d"] is None:
        return page.text("risk.kept_open")
    if row["is_retained_90d"]:
        return page.text("risk.kept_yes")
    return page.text("risk.kept_no", date=page.formats.date(row["churned_on"]))


def show_approaches(page: Frame) -> None:
    """What came of the approaches by action and outcome, and every one recorded."""
    text = page.text
    title = text("risk.outcomes")
    frame.heading(
        page,
        title,
        unit=text("risk.times"),
        metrics=[(OUTCOME, "retained_rate")],
        notes=[text("risk.outcomes_note")],
    )
    outcomes = risk.outcomes(page.snapshot)
    done = risk.actions(page.snapshot, None)
    if outcomes.is_empty():
        st.info(text("risk.no_outcome"), icon=":material/edit_note:")
        return
    shown = outcomes.with_columns(
        pl.Series(
            "action", [text.code("approach_action", code) for code in outcomes["action_code"]]
        ),
        pl.Series(
            "outcome", [text.code("approach_outcome", code) for code in outcomes["outcome_code"]]
        ),
    )
    levels.show_match(page, done.height, shown["action_count"].sum(), page.formats.count)
    columns = [
        Column("action", text("risk.what"), is_pinned=True),
        Column("outcome", text("risk.outcome")),
        Column("action_count", text("risk.action_count"), "count"),
        Column("watched_count", text("risk.watched"), "count"),
        Column("retained_count", text("risk.retained"), "count"),
        Column("retained_rate", page.metric_name(OUTCOME, "retained_rate"), "rate"),
    ]
    tables.show(shown, columns, page.formats, key="outcomes", alt=title)
    levels.reasons(page, shown, columns)
    tables.download(page, lambda: shown, columns, name="approach_outcomes", key="outcomes_csv")
    st.subheader(text("risk.all_done"), anchor=False)
    show_actions(page, done, None)


# ---- how far to trust it ----


def show_skill(page: Frame, model: list[dict]) -> None:
    """The score on customers it had not seen: figures, reliability, the top of past quarters."""
    text, formats = page.text, page.formats
    if not model:
        st.info(text("risk.no_model"), icon=":material/history_toggle_off:")
        return
    row = model[0]
    title = text("risk.skill_title")
    frame.heading(
        page,
        title,
        unit=text("retention.percent"),
        metrics=[
            (MODEL, name)
            for name in ("auc_score", "brier_score", "brier_skill_score", "lift_ratio")
        ],
        notes=[text("risk.skill_note")],
    )
    st.markdown(
        text(
            "risk.model_said",
            count=formats.count(row["customer_quarter_count"]),
            churned=formats.count(row["churned_count"]),
            first=formats.date(row["read_from"]),
            last=formats.date(row["read_to"]),
            held=formats.count(row["held_back_count"]),
            held_churned=formats.count(row["held_back_churned_count"]),
        )
    )
    figures = [
        ("auc_score", text("risk.auc_error", error=formats.ratio(row["auc_error_score"]))),
        ("brier_skill_score", text("risk.skill_zero")),
        ("lift_ratio", text("risk.lift_one")),
    ]
    with st.container(key="tiles_rates"):
        for name, beside in figures:
            tiles.show(
                page.metric_name(MODEL, name),
                "rate" if name == "brier_skill_score" else "ratio",
                row[name],
                None,
                formats,
                compared_with="",
                without_change=beside,
                definition=page.definition(MODEL, name),
            )
    show_reliability(page)
    show_backtest(page)


def show_reliability(page: Frame) -> None:
    """What was predicted against what came, in bins of about equal size."""
    text, formats = page.text, page.formats
    bins = risk.reliability(page.snapshot)
    title = text("risk.reliability")
    st.subheader(title, anchor=False)
    st.caption(text("risk.reliability_note"))
    if bins.is_empty():
        st.info(text("risk.no_reliability"), icon=":material/scatter_plot:")
        return
    points = [
        risk_charts.Bin(
            float(row["mean_p_churn"]),
            float(row["churned_rate"]),
            text(
                "risk.bin",
                predicted=formats.rate(row["mean_p_churn"]),
                happened=formats.rate(row["churned_rate"]),
                churned=formats.count(row["churned_count"]),
                count=formats.count(row["customer_quarter_count"]),
            ),
        )
        for row in bins.to_dicts()
    ]
    chart = risk_charts.reliability(
        points,
        predicted_title=text("risk.predicted"),
        happened_title=text("risk.happened"),
        is_dark=page.is_dark,
    )
    charts.show(chart, key="reliability", alt=title)
    columns = [
        Column("bin", text("risk.bin_no"), "count", is_pinned=True),
        Column("customer_quarter_count", text("risk.customer_quarters"), "count"),
        Column("churned_count", text("risk.churned"), "count"),
        Column("mean_p_churn", text("risk.predicted"), "rate"),
        Column("churned_rate", text("risk.happened"), "rate"),
    ]
    tables.show(bins, columns, formats, key="bins", alt=title)
    tables.download(page, lambda: bins, columns, name="risk_reliability", key="bins_csv")


def show_backtest(page: Frame) -> None:
    """Of the k customers most likely to leave at a past quarter's start, how many did."""
    text, formats = page.text, page.formats
    rows = risk.backtest(page.snapshot)
    title = text("risk.backtest")
    st.subheader(title, help=page.definition(BACKTEST, "precision_rate"), anchor=False)
    if rows.is_empty():
        st.info(text("risk.no_reliability"), icon=":material/scatter_plot:")
        return
    columns = [
        Column("read_on", text("risk.read_on"), "date", is_pinned=True),
        Column("top_k", text("risk.top_k"), "count"),
        Column("churned_in_top_count", text("risk.churned_in_top"), "count"),
        Column("precision_rate", page.metric_name(BACKTEST, "precision_rate"), "rate"),
        Column("lift_ratio", page.metric_name(BACKTEST, "lift_ratio"), "ratio"),
        Column("churned_count", text("risk.churned_all"), "count"),
        Column("customer_count", text("column.customers"), "count"),
    ]
    tables.show(rows, columns, formats, key="risk_backtest", alt=title)
    levels.reasons(page, rows, columns)
    tables.download(page, lambda: rows, columns, name="risk_backtest", key="risk_backtest_csv")


main(frame.current())
