"""The search for a customer: one box in the sidebar, answered from folded names and ids.

Names meet whatever their width, case, spaces, corporate form, long-vowel mark or kind of kana;
folding is that of the identity step, so that what counts as one name is decided in one place.
Without the right to people only ids are searched.
"""

from collections import Counter

import polars as pl
import streamlit as st

from dagster_project.compute.identity import name_key
from dashboards import customers, filters
from dashboards.catalogue import literal
from dashboards.frame import Frame
from dashboards.queries import people, search
from dashboards.warehouse import Snapshot
from sources.values import fold

NAME = "q"  # what was asked for, in the URL
FOUND_IN_SIDEBAR = 8
HIRAGANA = [chr(code) for code in range(0x3041, 0x3097)]  # small a to small ke
KATAKANA = [chr(ord(letter) + 0x60) for letter in HIRAGANA]
QUALIFIED_INVOICE_NUMBER = r"^t([0-9]{13})$"  # T + 法人番号


def show(page: Frame) -> None:
    """The box with the first customers that fit, each a link to its page."""
    text = page.text
    asked = filters.words(
        NAME,
        label=text("search.label"),
        placeholder=text(
            "search.placeholder" if page.snapshot.has_personal_columns else "search.placeholder_ids"
        ),
        help=text("search.help"),
    )
    if not asked:
        return
    found = find(page.snapshot, asked)
    st.caption(text("search.found", count=page.formats.count(len(found))))
    shown = found[:FOUND_IN_SIDEBAR]
    names = people.names(page.snapshot, tuple(shown))
    alike = Counter(names.values())
    for key in shown:
        name = names.get(key) or text("drill.unnamed", key=key[:8])
        if alike[name] > 1:
            name = text("search.alike", name=name, key=key[:8])
        customers.link(page, key, label=literal(name), **{NAME: asked})
    if len(found) > len(shown):
        st.page_link(
            customers.PAGE,
            label=text("search.all"),
            icon=":material/list:",
            query_params={**filters.frame_values(), NAME: asked},
        )


def find(snapshot: Snapshot, asked: str) -> list[str]:
    """Keys of customers that fit: whole, then at the beginning, then in part; the larger first."""
    terms = pl.DataFrame({"value": [asked]})
    name, number = terms.select(_name_key(), _id_key().alias("number")).row(0)
    keys, customers_by_worth = _keys(snapshot)
    fits = pl.concat(
        [
            _fitting(keys.filter(pl.col("is_name") == is_name), term)
            for is_name, term in ((True, name), (False, number))
            if term
        ]
        or [_fitting(keys.clear(), "")]
    )
    best = fits.group_by("customer").agg(pl.col("place").min()).sort("place", "customer")
    return customers_by_worth.gather(best["customer"]).to_list()


def _fitting(keys: pl.DataFrame, term: str) -> pl.DataFrame:
    fitting = keys.filter(pl.col("key").str.contains(term, literal=True))
    return fitting.select(
        "customer",
        place=pl.when(pl.col("key") == term)
        .then(0)
        .when(pl.col("key").str.starts_with(term))
        .then(1)
        .otherwise(2),
    )


# Folded once per version and process; never changed, so not copied either.
@st.cache_resource(show_spinner=False, max_entries=4)
def _keys(snapshot: Snapshot) -> tuple[pl.DataFrame, pl.Series]:
    """Folded keys with the number of their customer, and customers in that order, largest first."""
    names = search.names(snapshot).select("customer_key", key=_name_key(), is_name=True)
    ids = search.ids(snapshot).select("customer_key", key=_id_key(), is_name=False)
    worth = search.worth(snapshot).sort("mrr", "customer_key", descending=[True, False])
    numbered = worth.select("customer_key").with_row_index("customer")
    folded = pl.concat([names, ids]).filter(pl.col("key").is_not_null()).unique()
    keys = folded.join(numbered, on="customer_key").select("customer", "key", "is_name")
    return keys.rechunk(), numbered["customer_key"]


def _folded() -> pl.Expr:
    return pl.col("value").map_batches(fold, return_dtype=pl.String)


def _name_key() -> pl.Expr:
    return name_key(_folded().str.replace_many(HIRAGANA, KATAKANA))


def _id_key() -> pl.Expr:
    return _folded().str.replace(QUALIFIED_INVOICE_NUMBER, "$1")
