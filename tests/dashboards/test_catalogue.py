"""The words: the same keys in both languages, every key used, no literal text in a page."""

import ast
import re
import string
from pathlib import Path

import pytest

from dagster_project.commands import APPROACH_OUTCOMES
from dagster_project.compute import forecast, mrr_flows, renewal, risk
from dashboards.catalogue import LANGUAGES, entries, literal

REPO = Path(__file__).parents[2]
DASHBOARDS = REPO / "dashboards"
# what puts words on the screen; queries, warehouse and exports hold SQL and bytes, not words
PAGE_SIDE = [
    "aging",
    "alert_card",
    "app",
    "charts",
    "customer_charts",
    "customers",
    "drill",
    "filters",
    "forecast_charts",
    "frame",
    "levels",
    "lists",
    "printout",
    "renewal_charts",
    "report",
    "retention_charts",
    "risk_charts",
    "saved_views",
    "search",
    "segment_charts",
    "source_line",
    "steps",
    "tables",
    "tiles",
    "timeline",
    "tour",
]
PAGES = [
    *(DASHBOARDS / f"{name}.py" for name in PAGE_SIDE),
    *sorted((DASHBOARDS / "views").glob("*.py")),
    *sorted((DASHBOARDS / "sections").rglob("*.py")),
]
WORDS_ARGUMENTS = {"label", "help", "title", "page_title", "placeholder", "alt", "delta"}


def calls(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def strings_outside_docstrings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


def test_both_languages_have_the_same_keys_with_the_same_placeholders():
    def placeholders(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    ja, en = entries("ja"), entries("en")
    assert ja.keys() == en.keys()
    # a title about one month names it, in either language
    assert {key for key in ja if placeholders(ja[key]) != placeholders(en[key])} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_empty(lang):
    blank = {key for key, text in entries(lang).items() if not text.strip()}
    assert blank <= {"format.list_separator"}


def test_english_holds_no_japanese_except_the_name_of_the_language():
    japanese = re.compile(r"[぀-ヿ一-鿿]")
    assert [key for key, text in entries("en").items() if japanese.search(text)] == []


def test_every_text_asked_for_exists_and_every_text_is_asked_for():
    asked, groups, endings, mentioned = set(), set(), set(), set()
    for path in sorted(DASHBOARDS.rglob("*.py")):
        mentioned |= set(strings_outside_docstrings(path))
        for call in calls(path):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            first = call.args[0] if call.args else None
            if name == "code" and isinstance(first, ast.Constant):  # not st.code
                groups.add(f"{first.value}.")
            if name == "text" and isinstance(first, ast.Constant):
                asked.add(first.value)
            if name in {"text", "Text"} and isinstance(first, ast.JoinedStr):
                begin, end = first.values[0], first.values[-1]
                if isinstance(begin, ast.Constant):
                    groups.add(begin.value)
                else:
                    endings.add(end.value)
    known = set(entries("ja"))
    assert asked - known == set()
    unused = {
        key
        for key in known - mentioned
        if not key.startswith(tuple(groups)) and not key.endswith(tuple(endings))
    }
    assert unused == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_holds_no_words_of_its_own(path):
    found = [
        text
        for text in strings_outside_docstrings(path)
        if re.search(r"[^\x00-\x7f]", text) or re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)
    ]
    assert found == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_streamlit_shows_is_never_a_literal(path):
    found = []
    for call in calls(path):
        if getattr(getattr(call.func, "value", None), "id", None) != "st":
            continue
        shown = [*call.args, *(k.value for k in call.keywords if k.arg in WORDS_ARGUMENTS)]
        found += [
            node.value
            for node in shown
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and not node.value.endswith(".py")
        ]
    assert found == []


def codes_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (REPO / "dbt" / path).read_text(encoding="utf-8")))


def test_every_code_the_marts_can_send_has_a_word():
    known = set(entries("ja"))
    kpi = "models/marts/mart_kpi_monthly.sql"
    pieces = "models/intermediate/int_subscriptions_pieced.sql"
    pipeline = "models/marts/renewals/mart_renewal_pipeline.sql"
    approach = "models/marts/forecast/mart_approach_list.sql"
    health = [
        path.relative_to(REPO / "dbt")
        for path in (REPO / "dbt/models/intermediate").rglob("int_health_*_scored.sql")
    ]
    rates = [
        codes_in(f"models/marts/{name}.sql", r"'((?:no|nothing|nobody)_\w+)'")
        for name in (
            "renewals/mart_atr_monthly",
            "retention/mart_retention_average",
            "retention/mart_retention_simulation",
            "retention/mart_revenue_retention",
            "retention/mart_survival",
        )
    ]
    expected = {
        "movement_type": codes_in("macros/movements.sql", r"'name': '(\w+)'"),
        "null_reason": codes_in(kpi, r"'(no_\w+)'\)").union({"opening_month"}, *rates),
        "renewal_action": codes_in(pipeline, r"then '([a-z]+_[a-z_]+)'")
        | {"contact", "none", "rescue"},
        "renewal_outcome": {"on_time", "late", "lost", "open"},
        "churn_kind": {"voluntary", "involuntary", "term_end", "to_free", "deleted"},
        "p_source": {"decided", "model", "band"},
        "renewal_feature": set(renewal.FEATURES),
        "forecast_method": set(forecast.METHODS),
        "forecast_part": set(mrr_flows.COMPONENTS),
        "commitment": set(mrr_flows.COMMITMENTS),
        "scenario": {one.name for one in mrr_flows.SCENARIOS},
        "risk_reason": set(risk.RULES),
        "risk_source": {rule.group for rule in risk.RULES.values()},
        "risk_feature": set(risk.FEATURES),
        "evidence_where": set(risk.ENTITIES.values()),
        "approach_action": set(risk.ACTIONS),
        "approach_outcome": set(APPROACH_OUTCOMES),
        "due_reason": codes_in(approach, r"then '((?:notice|within)_\w+)'") | {"within_30_days"},
        "health_component": {"usage", "support", "billing", "engagement", "contract"},
        "health_reason": set().union(
            *(codes_in(path, r"(?:then|else) '([a-z_0-9]{4,})'") for path in health)
        )
        | {"no_data"},
        "segment_state": codes_in(pieces, r"(?:then|else) '([a-z_]{4,})'"),
        "movement_reason": {"contract", "seat", "price", "tier", "discount", "discount_end"}
        | {"addon", "pause", "resume", "past_due", "rate"},
    }
    for group, codes in expected.items():
        assert len(codes) > 1, group
        assert {f"{group}.{code}" for code in codes} - known == set()


def test_a_name_from_the_data_cannot_become_a_link_or_an_image():
    shown = literal("[x](http://example.invalid) **b** $a$ :material/home: <b> www.a.jp a@b.jp")
    assert "\\[x\\]\\(" in shown
    assert "\\*\\*b\\*\\*" in shown
    assert "://" not in shown.replace("\\", "")
    assert "www." not in shown.replace("\\", "")
    assert "a@b" not in shown.replace("\\", "")
