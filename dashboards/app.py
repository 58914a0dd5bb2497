"""Entrypoint of the dashboards: `streamlit run dashboards/app.py`.

Owns the frame (navigation, language and unit, as-of badge, empty / stale / failed states) and the
list of pages; a page is run only when there is a readable version with at least one completed
month.
"""

from pathlib import Path

import streamlit as st

from dashboards import access, filters, frame, printout, warehouse
from dashboards.catalogue import LANGUAGES, Text
from dashboards.formatting import UNITS, Formats
from dashboards.queries import about

HERE = Path(__file__).parent


def choose_language() -> str:
    """The language in the URL, else the browser's, else Japanese."""
    filters.keep_across_pages("lang", LANGUAGES)
    browser = (st.context.locale or LANGUAGES[0]).split("-")[0]
    return filters.chosen("lang", LANGUAGES, browser if browser in LANGUAGES else LANGUAGES[0])


def choose_unit() -> str:
    """The display unit of money in the URL, else single yen."""
    filters.keep_across_pages("unit", tuple(UNITS))
    return filters.chosen("unit", tuple(UNITS), next(iter(UNITS)))


def show_choices(text: Text, unit: str) -> None:
    """Language and unit, at the foot of the sidebar."""
    with st.sidebar:
        filters.segments(
            "lang",
            LANGUAGES,
            default=text.lang,
            label=text("frame.language"),
            show=lambda lang: Text(lang)("frame.language_name"),
        )
        filters.segments(
            "unit",
            tuple(UNITS),
            default=unit,
            label=text("frame.unit"),
            show=lambda name: text(f"frame.unit_name.{name}"),
        )


def run_page(page, text: Text, unit: str) -> None:
    """The chosen page over the current version, or the state that stands in for it."""
    home, who = warehouse.home(), access.principal()
    st.title(page.title, anchor=False)
    try:
        snapshot, passed_over = warehouse.current(home, who)
        policy = warehouse.manifest(snapshot)["policy"]
        as_of = about.as_of(snapshot)
        if as_of is None:
            frame.show_no_month(text)
            return
        formats = Formats(
            text,
            unit,
            currency=policy["reporting_currency"],
            time_zone=policy["business_timezone"],
        )
        is_dark = st.context.theme.type == "dark"
        made = frame.Frame(home, snapshot, as_of, who, text, formats, is_dark)
        st.session_state["frame"] = made
        printout.begin(
            printout.Printout(
                page.title,
                who.name,
                f"{as_of:%Y%m%d}",
                text,
                formats,
                snapshot,
                home,
            )
        )
        frame.show_badge(made)
        frame.warn_about_version(made, passed_over)
        page.run()
        printout.offer()
    except warehouse.NotPublished:
        frame.show_empty(text, home)
    except warehouse.VersionBroken as error:
        frame.show_broken(text, error)


def main() -> None:
    """One run of the app."""
    text, unit = Text(choose_language()), choose_unit()
    st.set_page_config(
        page_title=text("frame.product"), page_icon=str(HERE / "mark.svg"), layout="wide"
    )
    st.html(HERE / "style.css")
    st.logo(HERE / "logo.svg", size="large", icon_image=HERE / "mark.svg")
    page = st.navigation(
        [
            st.Page(
                "views/home.py",
                title=text("home.title"),
                icon=":material/home:",
                url_path="home",
                default=True,
            ),
            st.Page(
                "views/mrr.py",
                title=text("mrr.title"),
                icon=":material/waterfall_chart:",
                url_path="mrr",
            ),
            st.Page(
                "views/retention.py",
                title=text("retention.title"),
                icon=":material/group_remove:",
                url_path="retention",
            ),
            st.Page(
                "views/renewals.py",
                title=text("renewals.title"),
                icon=":material/event_repeat:",
                url_path="renewals",
            ),
            st.Page(
                "views/forecast.py",
                title=text("forecast.title"),
                icon=":material/trending_up:",
                url_path="forecast",
            ),
            st.Page(
                "views/risk.py",
                title=text("risk.title"),
                icon=":material/person_alert:",
                url_path="risk",
            ),
            st.Page(
                "views/cash.py",
                title=text("cash.title"),
                icon=":material/payments:",
                url_path="cash",
            ),
            st.Page(
                "views/inquiries.py",
                title=text("inquiries.title"),
                icon=":material/support_agent:",
                url_path="inquiries",
            ),
            st.Page(
                "views/quality.py",
                title=text("quality.title"),
                icon=":material/fact_check:",
                url_path="quality",
            ),
        ]
    )
    show_choices(text, unit)
    run_page(page, text, unit)


main()
