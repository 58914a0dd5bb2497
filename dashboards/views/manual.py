"""用語集・マニュアル・FAQ: what every figure and word means, how to work, what people ask."""

import json

import polars as pl
import streamlit as st

from dashboards import filters, frame, manual, page_readers, schema, tables
from dashboards.catalogue import entries, literal
from dashboards.frame import Frame
from dashboards.manual import Passage
from dashboards.queries import registry
from dashboards.tables import Column

# the groups of codes whose words stand on pages, and where those words are in the catalogue; each
# code has its meaning there
TERM_GROUPS = {
    "movement_type": "movement_type",
    "customer_status": "customer.status",
    "segment_state": "segment_state",
    "churn_kind": "churn_kind",
    "renewal_outcome": "renewal_outcome",
    "health_band": "health_band",
    "application_status": "application_status",
    "row_outcome": "row_outcome",
    "restatement_cause": "restatement_cause",
    "delivery_state": "delivery_state",
    "run_outcome": "run_outcome",
    "data_class": "data_class",
}


def main(page: Frame) -> None:
    """One of the three books, searched by the same words."""
    text = page.text
    view = filters.segments(
        "view",
        tuple(VIEWS),
        default=next(iter(VIEWS)),
        label=text("manual.view"),
        show=lambda name: text(f"manual.view_name.{name}"),
        clears=("metric", "chapter"),
    )
    asked = filters.words(
        "words", label=text("manual.search"), placeholder=text("manual.search_hint")
    )
    VIEWS[view](page, schema.folded(asked).split())


def is_found(words: list[str], *texts: str | None) -> bool:
    """Whether every word stands in one of the texts; full and half width are the same."""
    haystack = schema.folded("\n".join(text for text in texts if text))
    return all(word in haystack for word in words)


def nothing(page: Frame) -> None:
    """What to do when no entry holds the words."""
    st.info(page.text("manual.nothing"), icon=":material/search_off:")


def page_links(page: Frame, names: tuple[str, ...]) -> None:
    """The ways to pages, by their titles."""
    with st.container(horizontal=True):
        for name in names:
            st.page_link(
                f"views/{name}.py",
                label=page.text.code(name, "title"),
                icon=":material/arrow_forward:",
                query_params=filters.frame_values(),
            )


# ---- glossary ----


def show_glossary(page: Frame, words: list[str]) -> None:
    """Every metric of the registry, one of them in detail; then the words of the pages."""
    metrics = registry.metrics(page.snapshot)
    found = metrics.filter(
        pl.Series([is_found(words, *map(str, row.values())) for row in metrics.to_dicts()])
        if metrics.height
        else True
    )
    terms = terms_of(page)
    found_terms = [term for term in terms if is_found(words, *term.values())]
    if found.is_empty() and not found_terms:
        nothing(page)
        return
    if not found.is_empty():
        show_metrics(page, found)
    if found_terms:
        show_terms(page, pl.DataFrame(found_terms))


def show_metrics(page: Frame, found: pl.DataFrame) -> None:
    """The list of metrics, and the one chosen with all that is known about it."""
    text, lang = page.text, page.text.lang
    title = text("manual.metrics", count=page.formats.count(found.height))
    st.subheader(title, anchor=False)
    st.caption(text("manual.metrics_note"))
    shown = found.with_columns(
        pl.col(f"name_{lang}").alias("name"),
        pl.coalesce(f"definition_{lang}", "formula").alias("definition"),
        pl.Series("unit_name", [text.code("metric_unit", unit) for unit in found["unit"]]),
    ).sort("name")
    keys = shown["metric_id"].to_list()
    columns = [
        Column("name", text("manual.name"), is_pinned=True),
        Column("definition", text("manual.definition")),
        Column("unit_name", text("manual.unit")),
        Column("formula", text("manual.formula")),
        Column("owner", text("manual.owner")),
        Column("metric_id", text("manual.id")),
    ]
    tables.show(
        shown,
        columns,
        page.formats,
        key="metrics",
        alt=title,
        selectable=tables.rows_in_url("metric", keys),
    )
    tables.download(page, lambda: shown, columns, name="glossary", key="metrics_csv")
    by_id = {row["metric_id"]: row for row in shown.to_dicts()}
    chosen = filters.select(
        "metric",
        keys,
        default=None,
        label=text("manual.metric"),
        show=lambda key: by_id[key]["name"],
        placeholder=text("manual.choose_metric"),
    )
    if chosen is not None:
        show_metric(page, by_id[chosen])


def show_metric(page: Frame, metric: dict) -> None:
    """Definition in the reader's language, formula, unit, policy, tests, owner, and its pages."""
    text = page.text
    other = "en" if text.lang == "ja" else "ja"
    policy = json.loads(metric["policy_values"] or "{}")
    tests = [name for name in (metric["test_names"] or "").split(", ") if name]
    none = text("format.missing")
    st.markdown(
        text(
            "manual.metric_facts",
            name=literal(metric["name"]),
            other=literal(metric[f"name_{other}"]),
            definition=literal(metric["definition"]),
            formula=metric["formula"],
            unit=literal(metric["unit_name"]),
            grain=literal(metric["grain"]),
            place=f"{metric['model']}.{metric['column_name']}",
            policy=text.joined(f"`{name} = {value}`" for name, value in policy.items()) or none,
            tests="\n".join(f"  - `{name}`" for name in tests) or none,
            owner=literal(metric["owner"]),
        )
    )
    readers = page_readers.pages_of(metric["model"])
    if readers:
        st.caption(text("manual.pages"))
        page_links(page, readers)
    else:
        st.caption(text("manual.no_page", mart=metric["model"]))


def terms_of(page: Frame) -> list[dict[str, str]]:
    """Grain: one per word of the pages: its kind, the word, its meaning."""
    text, known = page.text, entries(page.text.lang)
    general = "term."
    words = {
        key.removeprefix(general).removesuffix(".word"): word
        for key, word in known.items()
        if key.startswith(general) and key.endswith(".word")
    }
    terms = [
        {"kind": text("manual.general"), "word": word, "meaning": text(f"term.{name}.meaning")}
        for name, word in words.items()
    ]
    for group, place in TERM_GROUPS.items():
        terms += [
            {
                "kind": text(f"manual.group.{group}"),
                "word": word,
                "meaning": text(f"meaning.{group}.{key.removeprefix(f'{place}.')}"),
            }
            for key, word in known.items()
            if key.startswith(f"{place}.")
        ]
    return terms


def show_terms(page: Frame, terms: pl.DataFrame) -> None:
    """The words of the pages with their meaning."""
    text = page.text
    title = text("manual.terms", count=page.formats.count(terms.height))
    st.subheader(title, anchor=False)
    columns = [
        Column("word", text("manual.word"), is_pinned=True),
        Column("meaning", text("manual.meaning")),
        Column("kind", text("manual.kind")),
    ]
    tables.show(terms, columns, page.formats, key="terms", alt=title)
    tables.download(page, lambda: terms, columns, name="terms", key="terms_csv")


# ---- manual and questions ----


def show_manual(page: Frame, words: list[str]) -> None:
    """The chapters; the one chosen, whole."""
    text = page.text
    found = [one for one in manual.chapters(text.lang) if is_found(words, one.title, one.text)]
    if not found:
        nothing(page)
        return
    by_name = {one.name: one for one in found}
    chosen = filters.select(
        "chapter",
        list(by_name),
        default=found[0].name,
        label=text("manual.chapter"),
        show=lambda name: by_name[name].title,
    )
    show_passage(page, by_name[chosen])


def show_passage(page: Frame, passage: Passage) -> None:
    """A chapter with the ways to the pages it names."""
    st.subheader(passage.title, anchor=False)
    st.markdown(passage.text)
    if passage.pages:
        st.caption(page.text("manual.named_pages"))
        page_links(page, passage.pages)


def show_questions(page: Frame, words: list[str]) -> None:
    """Every question; pressing one shows its answer."""
    text = page.text
    found = [one for one in manual.questions(text.lang) if is_found(words, one.title, one.text)]
    if not found:
        nothing(page)
        return
    st.caption(text("manual.questions", count=page.formats.count(len(found))))
    for one in found:
        with st.expander(one.title, icon=":material/help:", expanded=len(found) == 1):
            st.markdown(one.text)
            if one.pages:
                page_links(page, one.pages)


VIEWS = {"glossary": show_glossary, "manual": show_manual, "faq": show_questions}

main(frame.current())
