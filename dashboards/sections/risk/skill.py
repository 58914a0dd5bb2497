"""Whether the score can rank at all."""

import streamlit as st

from dashboards import charts, frame, levels, risk_charts, tables, tiles
from dashboards.frame import Frame
from dashboards.queries import risk
from dashboards.tables import Column

MODEL = "mart_risk_model"
BACKTEST = "mart_risk_backtest"


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
