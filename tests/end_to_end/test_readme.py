"""What the README tells a newcomer to type is typed here, on the demo company it speaks of."""

import re
import shlex
from pathlib import Path

import pytest

from tests.end_to_end import company_home

README = (company_home.PROJECT / "README.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.S))
QUERIES = re.findall(r'^k sql "(.*)"$', CODE, re.M)


@pytest.fixture(scope="session")
def demo_home(built_once) -> Path:
    """The demo company as `make up` makes it, run once."""

    def build(home: Path) -> None:
        assert company_home.keizoku(home, "init", str(home)).code == 0
        assert company_home.keizoku(home, "demo", str(home)).code == 0
        # 3: planted mistakes may hold a file; what is published is what counts here
        assert company_home.keizoku(home, "run").code in (0, 3)

    return built_once("demo", build)


def test_the_readme_follows_one_row_in_six_queries():
    assert len(QUERIES) == 6


@pytest.mark.parametrize("sql", QUERIES, ids=[f"query_{n}" for n in range(1, len(QUERIES) + 1)])
def test_every_query_of_the_readme_answers_on_the_demo_company(demo_home, sql):
    done = company_home.keizoku(demo_home, "sql", sql)
    assert done.code == 0, done.text
    assert done.json, f"no row: {done.text}"


def test_every_command_the_readme_names_exists():
    named = {words[1] for line in CODE.splitlines() if (words := shlex.split(line, comments=True))
             and words[0].endswith("keizoku")}  # fmt: skip
    named |= set(re.findall(r"`keizoku (\w+)", README))
    help_text = company_home.keizoku(Path("/nonexistent"), "--help").text
    assert named
    assert {name for name in named if not re.search(rf"│ {name} ", help_text)} == set()


def test_every_make_target_the_readme_names_exists():
    makefile = (company_home.PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"`?make ([a-z-]+)", README))
    assert {"up", "test"} <= targets
    assert {one for one in targets if not re.search(rf"^{one}:", makefile, re.M)} == set()


def test_every_file_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [one for one in links if not (company_home.PROJECT / one).exists()] == []
