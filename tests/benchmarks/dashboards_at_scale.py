"""How fast the dashboards are over a large company, in a real Chromium and for twenty readers.

    python -m tests.benchmarks.dashboards_at_scale [--home DIR] [--customers N] [--months N]
        [--pages NAME ...] [--users N] [--keep]

Without a published version in --home a demo company is made there first (15 minutes, 6 GB); one
that is there is used again, and built again when the models changed. The dashboards are served as
`keizoku up` serves them. Printed, each beside its limit: of every page the milliseconds from the
address to the first figure and to the last (`new`: nobody looked at it since the server started;
`seen`: a new session, an empty browser, the version is known), of every view and filter the
milliseconds from the press to the last figure (a view is held to the limit of a page), p50 and p95
of the queries, and what twenty readers at once met. --keep writes it into dashboards_at_scale.json.
Not a test: numbers of one machine are no limit for another.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import duckdb
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from dashboards.app_pages import DEFAULT_PAGE, PAGES
from tests.benchmarks.served_measured import LOG_VARIABLE
from tests.benchmarks.users import quantile, walk_together
from tests.dashboards import browsing
from tests.end_to_end import company_home

KEPT = Path(__file__).with_suffix(".json")
UNTIL = date(2026, 6, 30)
MONTHS_ASKED = ["2026-03", "2026-04", "2026-05", "2026-06"]
FIRST_PAINT_MS, CHANGE_MS, QUERY_P95_MS, USERS = 2000, 1000, 100, 20
REPEATED = 3
OPENED_AGAIN = 4
VIEWS = ("group", "view", "panel")  # filters that choose what a page shows, in order of depth
CHANGED_PER_VIEW = 2  # the month, if a view has one, and one more
# Nor are the ways down: `line` and `row` open a delivered file, of four million lines if need be.
NOT_FILTERS = {*VIEWS, "customer", "line", "row", "lang", "unit", "q"}

# Kept by the browser itself, because every question from outside costs it time. A page is whole
# when the script ended, nothing on it is of the run before, and every chart is drawn.
WATCH = """() => {
    const seen = window.keizoku = {pressed: null, ran: false, heading: null, figure: null,
                                   whole: null};
    const FIGURES = ['stMetric', 'stVegaLiteChart', 'stDataFrame', 'stTable', 'stAlert']
        .map(name => `[data-testid="stMain"] [data-testid="${name}"]`)
        .concat(['[data-testid="stMain"] h2', '[data-testid="stMain"] h3']).join(',');
    const state = () => document.querySelector('[data-test-script-state]')
        ?.getAttribute('data-test-script-state');
    const isWhole = () => seen.ran && state() === 'notRunning'
        && document.querySelector('[data-testid="stMain"] h1')
        && !document.querySelector('[data-stale=true], [data-testid="stSkeleton"]')
        && [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
            .every(chart => chart.querySelector('svg, canvas'));
    const look = () => {
        if (!seen.ran && state() === 'running') seen.ran = true;
        const now = performance.now();
        if (!seen.heading && document.querySelector('[data-testid="stMain"] h1'))
            seen.heading = now;
        if (!seen.figure && document.querySelector(FIGURES)) seen.figure = now;
        if (!isWhole()) seen.whole = null;
        else if (!seen.whole) seen.whole = now;
    };
    new MutationObserver(() => { if (state() === 'running') seen.ran = true; }).observe(
        document, {subtree: true, childList: true, attributeFilter: ['data-test-script-state']});
    document.addEventListener('click', () => {
        if (seen.armed) Object.assign(
            seen, {armed: false, pressed: performance.now(), ran: false, whole: null});
    }, true);
    const everyFrame = () => { look(); requestAnimationFrame(everyFrame); };
    requestAnimationFrame(everyFrame);
}"""


# ---- the company ----


def prepare(home: Path, customers: int, months: int) -> dict[str, float]:
    """Makes the company unless it is there, and publishes what this code makes of it; seconds.

    A run that finds nothing new ends at once; one after a change of the models builds them anew.
    """
    until = UNTIL.isoformat()
    size = ("--customers", str(customers), "--months", str(months), "--until", until)
    commands = {"run": ["run", "--as-of", until]}
    if not (home / "published" / "CURRENT").exists():
        commands = {"init": ["init", str(home)], "generate": ["demo", *size]} | commands
    seconds = {}
    for name, command in commands.items():
        said(f"{name} ...")
        started = time.perf_counter()
        done = company_home.keizoku(home, *command, timeout_seconds=None)
        if done.code not in (0, 3):
            raise SystemExit(done.text[-4000:])
        seconds[name] = round(time.perf_counter() - started, 1)
    return seconds


def facts(home: Path) -> dict:
    """How large the published company is."""
    ((customers,),) = company_home.query(home, "select count(*) from dim_customer")
    ((landed,),) = company_home.query(home, "select sum(rows_landed) from obs_load_manifest")
    version = home / "published" / company_home.current_version(home)
    return {
        "customers": customers,
        "rows_landed": int(landed),
        "published_mb": sum(file.stat().st_size for file in version.iterdir()) // 1_000_000,
    }


# ---- one reader ----


@contextmanager
def opened(browser, address: str) -> Iterator:
    """A page of a browser that holds nothing yet, already on its way to the address."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ja-JP")
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(f"({WATCH})()")
        page.goto(address, wait_until="commit")
        wait_until_whole(page)
        yield page
    finally:
        context.close()


def wait_until_whole(page) -> dict:
    """What the browser noted, when the page stays whole for a moment."""
    page.wait_for_function(
        "window.keizoku?.whole && performance.now() - window.keizoku.whole > 250", polling=100
    )
    return page.evaluate("window.keizoku")


def address_of(address: str, name: str) -> str:
    return f"{address}/{'' if name == DEFAULT_PAGE else name}"


def first_paint(browser, address: str, name: str) -> dict:
    """Milliseconds from the address to heading, first figure and whole page, in a new browser."""
    with opened(browser, address_of(address, name)) as page:
        noted = page.evaluate("window.keizoku")
        broken = page.locator('[data-testid="stException"]').count()
    figure = noted["figure"] or noted["whole"]  # a page of words has no figure
    return {
        "heading": noted["heading"],
        "figure": min(figure, noted["whole"]),
        "whole": noted["whole"],
        "exceptions": broken,
    }


def changes(browser, address: str, name: str) -> Iterator[dict]:
    """Every view of a page and some filters of each view: milliseconds from press to whole."""
    with opened(browser, address_of(address, name)) as page:
        yield from _changes_below(page, {}, 0)


def _changes_below(page, place: dict[str, str], depth: int) -> Iterator[dict]:
    if depth == len(VIEWS):
        yield from _filter_changes(page, place)
        return
    filter_name = VIEWS[depth]
    labels = _segments(page, filter_name).all_inner_texts()
    if not labels:
        yield from _changes_below(page, place, depth + 1)
        return
    for number, label in enumerate(labels):
        inside = place | {filter_name: label.strip()}
        button = _segments(page, filter_name).nth(number)
        if number:
            yield {"place": inside, "filter": filter_name, "ms": _timed(page, button.click)}
        yield from _changes_below(page, inside, depth + 1)


def _filter_changes(page, place: dict[str, str]) -> Iterator[dict]:
    names = [name for name in _filters(page) if name not in NOT_FILTERS]
    names.sort(key=lambda name: "month" not in name)
    for name in names[:CHANGED_PER_VIEW]:
        for turn in range(REPEATED):
            taken = _change(page, name, turn)
            if taken is not None:
                yield {"place": place, "filter": name, "ms": taken}


def _filters(page) -> list[str]:
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMain"] [class*="st-key-filter_"]')]
            .filter(e => e.getClientRects().length)
            .filter(e => e.querySelector(
                '[data-testid="stSelectbox"], [data-testid="stButtonGroup"]'))
            .map(e => [...e.classList].find(c => c.startsWith('st-key-filter_')))
            .map(c => c.replace('st-key-filter_', ''))"""
    )


def _segments(page, name: str):
    return page.locator(f'[data-testid="stMain"] .st-key-filter_{name} button')


def _change(page, name: str, turn: int) -> float | None:
    """Takes another option of a filter: each turn one not taken yet, as far as there are some."""
    buttons = _segments(page, name)
    box = page.locator(f'[data-testid="stMain"] .st-key-filter_{name} input')
    if not box.count():
        others = [one for one in buttons.all() if one.get_attribute("aria-checked") != "true"]
        return _timed(page, others[turn % len(others)].click) if others else None
    options = page.get_by_role("option")
    for _ in range(OPENED_AGAIN):  # a late run of the page closes an open list
        box.first.click()
        with suppress(PlaywrightTimeout):
            options.first.wait_for(timeout=2_000)
            break
    else:
        return None
    others = [one for one in options.all() if one.get_attribute("aria-selected") != "true"]
    if not others:
        page.keyboard.press("Escape")
        return None
    return _timed(page, others[turn % len(others)].click)


def _timed(page, press: Callable[[], None]) -> float:
    page.evaluate("window.keizoku.armed = true")
    press()
    noted = wait_until_whole(page)
    return noted["whole"] - noted["pressed"]


# ---- queries ----


def read_notes(log: Path) -> list[dict]:
    """What served_measured noted so far."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def by_query(notes: list[dict]) -> dict[str, dict]:
    """p50 and p95 (ms), number and most rows of every query of the pages, the slowest first."""
    groups: dict[str, list[dict]] = defaultdict(list)
    for note in notes:
        groups[note["query"].removeprefix("queries.")].append(note)
    made = {}
    for query, asked in groups.items():
        taken = sorted(note["ms"] for note in asked)
        made[query] = {
            "p50_ms": quantile(taken, 0.5),
            "p95_ms": quantile(taken, 0.95),
            "count": len(asked),
            "most_rows": max(note["rows"] for note in asked),
            "pages": sorted({note["page"] for note in asked}),
        }
    return dict(sorted(made.items(), key=lambda item: -item[1]["p95_ms"]))


def asked_again(home: Path, notes: list[dict]) -> list[dict]:
    """Every different query once more, three times with nobody else there: its median time."""
    version = home / "published" / company_home.current_version(home)
    different = {json.dumps([note["sql"], note["parameters"]]): note for note in notes}
    again = []
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"attach '{version / 'core.duckdb'}' as core (read_only)")
        connection.execute(f"attach '{version / 'pii.duckdb'}' as pii (read_only)")
        connection.execute("use core")
        for note in different.values():
            taken = []
            for _ in range(REPEATED):
                started = time.perf_counter()
                connection.execute(note["sql"], note["parameters"]).pl()
                taken.append((time.perf_counter() - started) * 1000)
            again.append(note | {"ms": statistics.median(taken)})
    return again


# ---- all of it ----


def measure(home: Path, pages: list[str], users: int, think_seconds: float) -> dict:
    """Every figure, over the published version of a home."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "queries.jsonl"
        os.environ[LOG_VARIABLE] = str(log)
        command = ["-m", "tests.benchmarks.served_measured"]
        with (
            browsing.served(home, Path(folder), command) as address,
            browsing.chromium_started() as browser,
        ):
            first_paint(browser, address, "manual")  # the server has imported what it needs
            painted = {}
            for name in pages:
                new = first_paint(browser, address, name)
                seen = [first_paint(browser, address, name) for _ in range(REPEATED)]
                painted[name] = {"new": new, "seen": seen}
                said(f"{name}: {new['figure']:.0f} / {new['whole']:.0f} ms new")
            changed = []
            for name in pages:
                for change in changes(browser, address, name):
                    changed.append({"page": name} | change)
                    said(f"{name} {change}")
            notes = read_notes(log)
        walked = {}
        if users:
            with browsing.served(home, Path(folder), command) as address:
                walked = walk_together(
                    address, users=users, months=MONTHS_ASKED, think_seconds=think_seconds
                )
    alone = asked_again(home, notes)
    return {
        "first_paint": painted,
        "changes": changed,
        "queries_as_served": by_query(notes),
        "query_p95_ms_as_served": quantile(sorted(note["ms"] for note in notes), 0.95),
        "queries_alone": by_query(alone),
        "query_p95_ms": quantile(sorted(note["ms"] for note in alone), 0.95),
        "together": walked,
    }


def load() -> dict:
    """How busy the machine is with something else, and how many cores it has."""
    return {"cores": os.cpu_count(), "load": [round(one, 2) for one in os.getloadavg()]}


def table(found: dict) -> list[str]:
    """The figures as lines of text, each with its limit and whether it holds."""
    lines = [
        f"cores {found['machine']['cores']}, load before {found['machine']['load'][0]}, "
        f"after {found['machine_after']['load'][0]}; {found['company']}",
        "",
        f"{'first paint (ms)':<34}{'new':>8}{'seen':>8}{'best':>8}{'whole':>8}{'limit':>8}",
    ]
    for name, paint in found["first_paint"].items():
        figures = [one["figure"] for one in paint["seen"]]
        median = statistics.median(figures)
        whole = statistics.median(one["whole"] for one in paint["seen"])
        lines.append(
            f"{name:<34}{paint['new']['figure']:>8.0f}{median:>8.0f}{min(figures):>8.0f}"
            f"{whole:>8.0f}{FIRST_PAINT_MS:>8}{verdict(median, FIRST_PAINT_MS)}"
            + (" EXCEPTION" if paint["new"]["exceptions"] else "")
        )
    lines += ["", f"{'press to whole page (ms)':<50}{'median':>8}{'best':>8}{'limit':>8}"]
    for label, taken in by_change(found["changes"]).items():
        median = statistics.median(taken)
        limit = CHANGE_MS if label.endswith("]") else FIRST_PAINT_MS
        lines.append(
            f"{label:<50}{median:>8.0f}{min(taken):>8.0f}{limit:>8}{verdict(median, limit)}"
        )
    lines += ["", f"{'query alone (ms)':<44}{'p50':>8}{'p95':>8}{'served':>8}{'rows':>8}"]
    for query, timed in list(found["queries_alone"].items()):
        served = found["queries_as_served"][query]["p95_ms"]
        lines.append(
            f"{query:<44}{timed['p50_ms']:>8.1f}{timed['p95_ms']:>8.1f}{served:>8.1f}"
            f"{timed['most_rows']:>8}{verdict(timed['p95_ms'], QUERY_P95_MS)}"
        )
    p95 = found["query_p95_ms"]
    lines.append(f"all queries: p95 {p95:.1f}, limit {QUERY_P95_MS}{verdict(p95, QUERY_P95_MS)}")
    together = found["together"]
    if together:
        errors = len(together["errors"])
        lines += [
            "",
            f"{together['users']} readers at once, a page every {together['think_seconds']:.0f} s "
            f"each, {together['pages_seen']} pages: p50 "
            f"{together['p50_ms']:.0f} ms, p95 {together['p95_ms']:.0f} ms, worst "
            f"{together['worst_ms']:.0f} ms, {together['megabytes']:.0f} MB; "
            f"errors {errors}, limit 0{verdict(errors, 0, or_equal=True)}",
            *together["errors"][:10],
        ]
    return lines


def by_change(changed: list[dict]) -> dict[str, list[float]]:
    """Milliseconds of each view opened and each filter changed, by page and place."""
    grouped = defaultdict(list)
    for change in changed:
        label = " ".join([change["page"], *change["place"].values()])
        is_view = change["filter"] in VIEWS
        grouped[label if is_view else f"{label} [{change['filter']}]"].append(change["ms"])
    return dict(grouped)


def verdict(value: float, limit: float, *, or_equal: bool = False) -> str:
    """A mark for a figure that does not hold its limit."""
    return "" if value < limit or (or_equal and value == limit) else "  FAILS"


def said(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, default=Path("~/keizoku-large").expanduser())
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES))
    parser.add_argument("--users", type=int, default=USERS)
    parser.add_argument("--think-seconds", type=float, default=10.0)
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    built = prepare(arguments.home.resolve(), arguments.customers, arguments.months)
    machine = load()
    found = {
        "company": facts(arguments.home),
        "built_seconds": built,
        "machine": machine,
        **measure(
            arguments.home.resolve(), arguments.pages, arguments.users, arguments.think_seconds
        ),
        "machine_after": load(),
    }
    sys.stdout.write("\n".join(table(found)) + "\n")
    if arguments.keep:
        rounded = json.loads(json.dumps(found), parse_float=lambda text: round(float(text), 1))
        KEPT.write_text(json.dumps(rounded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
