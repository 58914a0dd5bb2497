"""Entrypoint of the dashboards: `streamlit run dashboards/app.py`.

Owns the frame (navigation, language and unit, as-of badge, empty / stale / failed states) and the
list of pages; a page is run only when there is a readable version with at least one completed
month.
"""

from dataclasses import replace
from pathlib import Path

import streamlit as st

from dagster_project.messages import KeizokuError
from dagster_project.settings import DisplayConfig, load_display
from dashboards import (
    access,
    filters,
    frame,
    printout,
    refusals,
    saved_views,
    search,
    tour,
    warehouse,
)
from dashboards.app_pages import DEFAULT_PAGE, PAGES
from dashboards.catalogue import LANGUAGES, Text, literal
from dashboards.formatting import UNITS
from dashboards.queries import about

HERE = Path(__file__).parent
TAXES = (frame.WITH_TAX, frame.WITHOUT_TAX)
# the pages with the switch, and their side until somebody chooses: invoices as issued, MRR ex tax
TAX_AT_FIRST = {
    "home": frame.WITHOUT_TAX,
    "mrr": frame.WITHOUT_TAX,
    "cash": frame.WITH_TAX,
    "customer": frame.WITH_TAX,
}


def choose_language() -> str:
    """The language in the URL, else the browser's, else Japanese."""
    filters.keep_across_pages("lang", LANGUAGES)
    browser = (st.context.locale or LANGUAGES[0]).split("-")[0]
    return filters.chosen("lang", LANGUAGES, browser if browser in LANGUAGES else LANGUAGES[0])


def choose_unit() -> str:
    """The display unit of money in the URL, else single yen."""
    filters.keep_across_pages("unit", tuple(UNITS))
    return filters.chosen("unit", tuple(UNITS), next(iter(UNITS)))


def choose_tax(page_name: str) -> str:
    """Whether amounts are shown with tax: what the URL says, else the side of the page."""
    filters.keep_across_pages("tax", TAXES)
    return filters.chosen("tax", TAXES, TAX_AT_FIRST.get(page_name, frame.WITHOUT_TAX))


def show_choices(text: Text, unit: str, tax: str, page_name: str) -> None:
    """Language and unit, on pages that know both sides the tax too, at the foot of the sidebar."""
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
        if page_name in TAX_AT_FIRST:
            filters.segments(
                "tax",
                TAXES,
                default=tax,
                label=text("frame.tax"),
                show=lambda name: text(f"frame.tax_name.{name}"),
                help=text("frame.tax_help"),
            )


def run_page(page, text: Text, unit: str, tax: str, above_choices) -> None:
    """The chosen page over the current version, or the state that stands in for it.

    above_choices: where in the sidebar the search for a customer goes.
    """
    home, who = warehouse.home(), access.principal()
    st.title(page.title, anchor=False)
    try:
        snapshot, passed_over = warehouse.current(home, who)
        as_of = about.as_of(snapshot)
        if as_of is None:
            frame.show_no_month(text)
            return
        formats = frame.formats_of(snapshot, read_display(home, text), text, unit)
        is_dark = st.context.theme.type == "dark"
        made = frame.Frame(home, snapshot, as_of, who, text, formats, is_dark, tax)
        tour.begin_on_first_visit(made)
        made = record_view(made, page.url_path or DEFAULT_PAGE)
        st.session_state["frame"] = made
        printout.begin(
            printout.Printout(
                page.title,
                who.name,
                f"{as_of:%Y%m%d}",
                text,
                formats,
                made.snapshot,
                home,
            )
        )
        with above_choices:
            search.show(made)
        frame.show_badge(made)
        tour.show(made)
        frame.warn_about_version(made, passed_over)
        page.run()
        printout.offer()
    except warehouse.NotPublished:
        frame.show_empty(text, home)
    except warehouse.VersionBroken as error:
        frame.show_broken(text, error)


def read_display(home: Path, text: Text) -> DisplayConfig:
    """How the company wants values shown; says so and goes on as usual where it cannot be read."""
    try:
        return load_display(home)
    except KeizokuError as error:
        refusals.show(text, error)
        return DisplayConfig()


def record_view(made: frame.Frame, name: str) -> frame.Frame:
    """One line in the access log per session, page and version: who looks at what, how often.

    Where that cannot be written, the page goes on without names and files (access.record).
    """
    seen = st.session_state.setdefault("viewed", set())
    view = (name, made.snapshot.name)
    if view in seen:
        return made
    try:
        access.record(made.home, made.who, "view", page=name, version=made.snapshot.name)
    except OSError as error:
        st.warning(
            made.text("access_log.not_recorded", why=literal(error)), icon=":material/history_off:"
        )
        closed = {access.PERSONAL_COLUMNS, access.ORIGINAL_FILES}
        return replace(
            made,
            snapshot=replace(made.snapshot, has_personal_columns=False),
            who=replace(made.who, rights=made.who.rights - closed),
        )
    seen.add(view)
    return made


def main() -> None:
    """One run of the app."""
    text, unit = Text(choose_language()), choose_unit()
    st.set_page_config(
        page_title=text("frame.product"), page_icon=str(HERE / "mark.svg"), layout="wide"
    )
    st.html(HERE / "style.css")
    st.logo(HERE / "logo.svg", size="large", icon_image=HERE / "mark.svg")
    pages = {
        name: st.Page(
            f"views/{name}.py",
            title=text(f"{name}.title"),
            icon=f":material/{icon}:",
            url_path=name,
            default=name == DEFAULT_PAGE,
        )
        for name, icon in PAGES.items()
    }
    page = st.navigation([*pages.values()], expanded=True)  # no page hides behind "more"
    name = page.url_path or DEFAULT_PAGE
    tax = choose_tax(name)
    saved_views.show(warehouse.home(), access.principal(), text, pages, name)
    above_choices = st.sidebar.container()
    show_choices(text, unit, tax, name)
    run_page(page, text, unit, tax, above_choices)


main()
