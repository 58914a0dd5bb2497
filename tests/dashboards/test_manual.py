"""Glossary, manual, questions: every figure and word, equal chapters, nothing that is gone."""

import re

import pytest
from typer.main import get_command

from dagster_project.cli import app as cli
from dashboards import manual, page_readers
from dashboards.catalogue import LANGUAGES, entries
from tests.dashboards.gd1_home import REPO, declared_marts
from tests.dashboards.test_cash import table
from tests.dashboards.test_pages import PAGES, TITLES, UNTRANSLATED, open_page, words

COMMANDS = get_command(cli).commands
FENCE = re.compile(r"```\n(.*?)```", re.S)


def declared_metrics() -> dict[str, str]:
    """Metric id and mart of every metric the dbt YAML declares."""
    return {
        metric["id"]: model["name"]
        for model in declared_marts()
        for column in model["columns"]
        if (metric := column["config"]["meta"].get("metric"))
    }


def passages(lang: str) -> list[manual.Passage]:
    return [*manual.chapters(lang), *manual.questions(lang)]


def as_written(lang: str) -> dict[str, str]:
    folder = manual.MANUAL_DIR / lang
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


# ---- glossary ----


@pytest.mark.parametrize("lang", LANGUAGES)
def test_u5_every_metric_of_the_models_stands_in_the_glossary(gd1_home, lang):
    app = open_page("manual", lang=lang)
    assert not app.exception
    label = entries(lang)["manual.id"]
    listed = table(app, label)
    assert set(listed[label]) == declared_metrics().keys()
    # GD-1 is published without dbt's own manifest: who owns a mart is in test_metric_registry
    for column in ("manual.name", "manual.definition", "manual.unit", "manual.formula"):
        values = listed[entries(lang)[column]]
        assert all(isinstance(value, str) and value.strip() for value in values), column


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_of_the_states_on_the_pages_has_its_meaning(gd1_home, lang):
    listed = table(open_page("manual", lang=lang), entries(lang)["manual.meaning"])
    shown = set(listed[entries(lang)["manual.word"]])
    groups = {key.split(".")[1] for key in entries(lang) if key.startswith("meaning.")}
    assert groups == {key.split(".")[2] for key in entries(lang) if key.startswith("manual.group.")}
    place = {"customer_status": "customer.status"}
    codes = {
        f"{group}{key.removeprefix(place.get(group, group))}": word
        for group in groups
        for key, word in entries(lang).items()
        if key.startswith(f"{place.get(group, group)}.")
    }
    assert len(codes) > 55
    assert {key for key in codes if f"meaning.{key}" not in entries(lang)} == set()
    assert set(codes.values()) <= shown


def test_a_metric_tells_definition_formula_policy_tests_owner_and_its_pages(gd1_home):
    app = open_page("manual", metric="kpi_monthly.mrr")
    said = words(app)
    assert "#### MRR" in said
    assert "**計算式**" in said
    assert "`mart_kpi_monthly.mrr`" in said
    assert all(f"**{part}**" in said for part in ("方針", "検査", "担当", "単位"))
    assert not app.exception
    assert page_readers.pages_of("mart_kpi_monthly")[:2] == ("home", "mrr")


def test_a_mart_no_page_reads_names_the_way_by_sql(gd1_home):
    metric, mart = next(
        (one, mart) for one, mart in declared_metrics().items() if not page_readers.pages_of(mart)
    )
    assert f"SQLで {mart} を読めます" in words(open_page("manual", metric=metric))


def test_words_of_any_width_narrow_the_glossary_and_stand_in_the_address(gd1_home):
    app = open_page("manual", words="ｸｲｯｸレシオ")
    assert list(table(app, "指標ID")["名前"]) == ["クイックレシオ"]
    app = open_page("manual", words="この言葉はありません")
    assert "見つかりません" in words(app)
    app.text_input(key="filter_words").set_value("休会").run()
    assert app.query_params["words"] in ("休会", ["休会"])


# ---- manual and questions ----


def test_both_languages_have_the_same_chapters_and_as_many_questions():
    assert as_written("ja").keys() == as_written("en").keys()
    assert [one.name for one in manual.chapters("ja")] == [
        *("start", "deliver", "pages", "close", "correct", "export", "alert", "definition"),
        "commands",
    ]
    ja, en = manual.questions("ja"), manual.questions("en")
    assert len(ja) == len(en) >= 20
    # an answer names the same pages and policies in either language
    assert [one.pages for one in ja] == [one.pages for one in en]
    policies = [[re.findall(r"`(\w+)`", one.text) for one in told] for told in (ja, en)]
    assert policies[0] == policies[1]
    assert [one.pages for one in manual.chapters("ja")] == [
        one.pages for one in manual.chapters("en")
    ]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_named_exists(lang):
    text = "\n".join(as_written(lang).values())
    told = [line for block in FENCE.findall(text) for line in block.splitlines()]
    told += [found for found in re.findall(r"`(keizoku [^`]+)`", text) if "--home" not in found]
    assert len(told) > 20
    for line in told:
        name, command, *rest = line.split()
        assert name == "keizoku"
        assert command in COMMANDS, line
        group = getattr(COMMANDS[command], "commands", None)
        known = COMMANDS[command]
        if group and rest:
            assert rest[0] in group, line
            known = group[rest[0]]
        options = {option for one in known.params for option in one.opts}
        assert {word for word in rest if word.startswith("--")} <= options, line
    in_table = set(re.findall(r"^\| `keizoku (\w+)`", as_written(lang)["09_commands.md"], re.M))
    assert in_table == {name for name, one in COMMANDS.items() if not one.hidden}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_named_exists_and_is_called_as_it_is(lang):
    named = [link for text in as_written(lang).values() for link in manual.PAGE_LINK.findall(text)]
    assert len(named) > 30
    for title, page in named:
        assert page in PAGES, page
        assert title == TITLES[page][LANGUAGES.index(lang)]
    assert all((REPO / "dashboards" / "views" / f"{page}.py").is_file() for _, page in named)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_of_the_menu_is_explained(lang):
    told = set(manual.chapters(lang)[2].pages)
    assert manual.chapters(lang)[2].name == "pages"
    # a page that explains others is named where one needs it
    assert PAGES.keys() - {"manual"} <= told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_policy_and_table_named_exists(lang):
    import yaml

    policy = yaml.safe_load((REPO / "dbt" / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    marts = {model["name"] for model in declared_marts()}
    text = "\n".join(as_written(lang).values())
    names = set(re.findall(r"`([a-z]+_[a-z_]+)(?: = \w+)?`", text))
    assert len(names) > 5
    assert names <= policy.keys() | marts


def test_english_chapters_hold_no_japanese():
    found = {name: re.findall(r"[぀-ヿ一-鿿]", text) for name, text in as_written("en").items()}
    assert [name for name, letters in found.items() if letters] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("chapter", [one.name for one in manual.chapters("ja")])
def test_every_chapter_opens_by_its_address(gd1_home, chapter, lang):
    app = open_page("manual", view="manual", chapter=chapter, lang=lang)
    assert not app.exception
    assert not UNTRANSLATED.search(words(app).replace("keizoku.toml", ""))
    title = next(one.title for one in manual.chapters(lang) if one.name == chapter)
    assert any(one.value == title for one in app.subheader)


def test_a_question_is_found_by_its_words(gd1_home):
    app = open_page("manual", view="faq", words="文字化け")
    assert not app.exception
    assert "1 件の質問" in words(app) or "2 件の質問" in words(app)
    assert any("Excelで開くと文字化けします" in one.label for one in app.expander)
