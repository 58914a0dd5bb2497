"""Lists as long as the company: what a page reads of them, and what it says about the rest."""

import ast
import re
from datetime import date
from decimal import Decimal

import pytest
import sqlglot
import yaml
from sqlglot import exp

from dashboards import access, levels, tables, warehouse
from dashboards.queries import listing, revenue
from tests.dashboards.gd1_home import REPO
from tests.dashboards.test_pages import open_page, words

MARCH = date(2026, 3, 1)
# Read whole on purpose: a file that leaves the house, and the index of the search.
READ_WHOLE = {"lists", "search"}
THINNED = {"segments.curve"}  # every n-th customer, as many as a screen can tell apart


@pytest.fixture
def left_in_march(gd1_home) -> listing.Listing:
    """C04 and C06: the two churns of GD-1's March."""
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    return revenue.movement_customers(snapshot, MARCH, "churn")


def test_length_and_sum_are_of_all_rows_and_not_of_those_read(left_in_march):
    assert left_in_march.height == 2
    assert left_in_march.total("mrr_change") == Decimal(-23_000)
    assert left_in_march.head(1).height == 1


def test_the_first_rows_are_the_first_of_the_order(left_in_march):
    assert left_in_march.head(1)["customer_key"].to_list() == ["C04"]
    assert left_in_march.all()["customer_key"].to_list() == ["C04", "C06"]


def test_an_empty_list_sums_to_nothing(gd1_home):
    snapshot, _ = warehouse.current(gd1_home, access.principal())
    nobody = revenue.movement_customers(snapshot, date(2026, 6, 1), "churn")
    assert nobody.is_empty()
    assert nobody.total("mrr_change") == 0


def test_a_page_reads_and_draws_no_more_rows_than_a_list_shows(gd1_home, monkeypatch):
    """100,000 customers were read, named and put into the page before 500 of them were drawn."""
    read = []

    def rows(snapshot, sql, parameters=()):
        found = warehouse.rows(snapshot, sql, parameters)
        read.append(found.height)
        return found

    monkeypatch.setattr(listing, "rows", rows)
    monkeypatch.setattr(levels, "ROWS_SHOWN", 1)
    app = open_page("mrr", month="2026-03", type="churn")
    assert not app.exception
    assert max(read) == 1
    assert "2 顧客、合計 ▲23,000円" in words(app)
    assert "1 行を表示しています（全 2 行）" in words(app)
    assert len(next(box for box in app.selectbox if box.key == "filter_customer").options) == 1


def test_an_address_may_name_a_customer_below_the_last_row_shown(gd1_home, monkeypatch):
    monkeypatch.setattr(levels, "ROWS_SHOWN", 1)
    app = open_page("mrr", month="2026-03", type="churn", customer="C06")
    assert not app.exception
    assert next(box for box in app.selectbox if box.key == "filter_customer").value == "C06"


def test_the_file_holds_every_row_also_those_not_shown(gd1_home, monkeypatch):
    taken = {}
    monkeypatch.setattr(levels, "ROWS_SHOWN", 1)
    monkeypatch.setattr(
        tables, "download", lambda page, rows, columns, *, key, **_: taken.update({key: rows})
    )
    open_page("mrr", month="2026-03", type="churn")
    assert taken["customer_csv"]()["customer_key"].to_list() == ["C04", "C06"]


# ---- the rule for every query ----


def queries():
    """(module, function, its SQL, whether it is a Listing) of every query of the pages."""
    for path in (REPO / "dashboards" / "queries").glob("*.py"):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
                if is_text and re.match(r"\s*select\b", node.value):
                    is_listing = ast.unparse(function.returns) == "Listing"
                    yield path.stem, function.name, node.value, is_listing


def marts_of_customers() -> set[str]:
    """Marts with a row, or more, per customer."""
    return {
        model["name"]
        for path in (REPO / "dbt" / "models" / "marts").rglob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        if any(column["name"] == "customer_key" for column in model.get("columns", []))
    }


def test_every_list_ends_with_its_order_which_counting_leaves_out():
    lists = [(name, sql) for _, name, sql, is_listing in queries() if is_listing]
    assert lists
    for name, sql in lists:
        assert sqlglot.parse_one(sql, read="duckdb").args.get("order"), name
        unordered = sqlglot.parse_one(sql.rpartition("order by")[0], read="duckdb")
        assert not unordered.args.get("order"), name


def test_no_query_reads_a_row_of_every_customer_to_draw_a_page():
    """Such a query is a Listing, has a limit, groups, or asks for the rows of one key."""
    of_customers = marts_of_customers()
    assert "mart_customer_360" in of_customers
    found = []
    for module, name, sql, is_listing in queries():
        tree = sqlglot.parse_one(sql, read="duckdb")
        if is_listing or module in READ_WHOLE or not isinstance(tree, exp.Select):
            continue
        table = tree.args["from_"].this.name
        is_cut = any(tree.args.get(part) for part in ("group", "limit", "distinct"))
        is_one_row = all(one.find(exp.AggFunc) for one in tree.expressions)
        where = tree.args.get("where")
        of_key = where is not None and any(
            side.name.endswith(("_key", "_id"))
            for condition in where.find_all(exp.EQ, exp.In)
            for side in (condition.this,)
            if isinstance(side, exp.Column)
        )
        if table in of_customers and not (is_cut or is_one_row or of_key):
            found.append(f"{module}.{name}")
    assert set(found) == THINNED
