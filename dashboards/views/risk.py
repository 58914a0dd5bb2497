"""要注意顧客: who may leave, on what evidence, what is at stake, what to do and what came of it."""

from datetime import timedelta

import streamlit as st

from dashboards import filters, frame, missing, tiles
from dashboards.frame import Frame
from dashboards.queries import about, risk
from dashboards.sections.risk.approaches import show_approaches
from dashboards.sections.risk.listing import BELOW_LIST, MART, SOON_DAYS, Choice, choose, show_list
from dashboards.sections.risk.skill import MODEL, say_skill, show_skill

SIGNS = ("billing.invoices", "inquiry.tickets", "usage.usage_days", "crm.interactions")
VIEWS = ("list", "approaches", "skill")


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
    missing.tell(page, "risk", SIGNS)
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
            without_change=text(
                "risk.of_mrr",
                day=formats.date(page.as_of),
                mrr=formats.money(everybody["mrr"]),
            ),
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


main(frame.current())
