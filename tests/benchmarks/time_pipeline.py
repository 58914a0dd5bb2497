"""How long a run takes on this machine: a demo company of some size, landed, built and published.

    python -m tests.benchmarks.time_pipeline --customers 1000 10000 --months 48

Prints one line of JSON per size: files and lines delivered, seconds and peak memory (MB, of the run
and the processes it starts) of each phase, seconds of the whole command and of a second run that
finds nothing new. Then the same as ratios against the first size, and the models that grew faster
than the lines did. Every data test runs within the marts: a broken invariant ends the benchmark.
Not a test: numbers of one machine are no limit for another.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from dagster_project.messages import say
from sources.demo import generate
from tests.end_to_end.company_home import PROJECT, found

UNTIL = date(2026, 6, 30)
PHASES = ("land", "plan", "staging", "identity", "marts", "publish")
PHASE_OF_LINE = {say(f"phase_{name}", "en"): name for name in PHASES}
SAMPLE_SECONDS = 0.1
# A model under this time tells nothing; one over the ratio of lines by this factor is named.
WORTH_NAMING_SECONDS = 2.0
FASTER_THAN_LINES = 1.5
MODEL_LINE = re.compile(r"OK created \S+ \S+ model (\S+) .*? in ([\d.]+)s\]")


def time_size(customers: int, months: int) -> dict:
    """Facts, seconds and megabytes of one demo company."""
    with tempfile.TemporaryDirectory() as folder:
        home = found(Path(folder) / "home")
        generating = time.perf_counter()
        generate(home / "inbox", customers=customers, months=months, until=UNTIL)
        generated = time.perf_counter()
        files = [path for path in (home / "inbox").rglob("*") if path.is_file()]
        rows = sum(path.read_bytes().count(b"\n") for path in files)
        first_seconds, peaks = _watched_run(home)
        report = json.loads((home / "build" / "last_run.json").read_text(encoding="utf-8"))
        models = _model_seconds(home)
        second_seconds, _ = _watched_run(home)
    return {
        "customers": customers,
        "months": months,
        "files": len(files),
        "lines": rows,
        "generate": round(generated - generating, 1),
        "run": first_seconds,
        "phases": report["seconds"],
        "peak_mb": peaks,
        "run_with_nothing_new": second_seconds,
        "models": models,
    }


def _watched_run(home: Path) -> tuple[float, dict[str, int]]:
    """Seconds of `keizoku run`, and the most memory its processes held together in each phase."""
    command = [sys.executable, "-m", "dagster_project.cli", "--home", str(home), "--lang", "en"]
    started = time.perf_counter()
    run = subprocess.Popen(
        [*command, "run", "--as-of", UNTIL.isoformat()],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    phase = ["start"]
    peaks: dict[str, int] = defaultdict(int)

    def sample() -> None:
        while run.poll() is None:
            held = sum(_resident_mb(process) for process in _process_tree(run.pid))
            peaks[phase[0]] = max(peaks[phase[0]], held)
            time.sleep(SAMPLE_SECONDS)

    watcher = threading.Thread(target=sample)
    watcher.start()
    said = []
    for line in run.stdout or ():
        said.append(line)
        phase[0] = PHASE_OF_LINE.get(line.strip(), phase[0])
    watcher.join()
    if run.returncode not in (0, 3):
        raise SystemExit("".join(said))
    return round(time.perf_counter() - started, 1), dict(peaks)


def _process_tree(root: int) -> Iterable[int]:
    yield root
    for children in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            names = children.read_text().split()
        except OSError:  # it ended while we looked
            continue
        for name in names:
            yield from _process_tree(int(name))


def _resident_mb(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found_kb = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found_kb[1]) // 1024 if found_kb else 0


def _model_seconds(home: Path) -> dict[str, float]:
    logs = [log.read_text(encoding="utf-8") for log in (home / "build").glob("*/dbt.log")]
    return {name: float(seconds) for log in logs for name, seconds in MODEL_LINE.findall(log)}


def ratios(timed: dict, first: dict) -> dict:
    """Each figure against the same one of the first size; models that outgrew the lines."""

    def against(one: float, other: float) -> float | None:
        return round(one / other, 1) if other else None

    lines = timed["lines"] / first["lines"]
    return {
        "against_customers": first["customers"],
        "lines": round(lines, 1),
        "run": against(timed["run"], first["run"]),
        "phases": {
            name: against(s, first["phases"].get(name, 0)) for name, s in timed["phases"].items()
        },
        "peak_mb": {
            name: against(mb, first["peak_mb"].get(name, 0))
            for name, mb in timed["peak_mb"].items()
        },
        "models_faster_than_lines": {
            name: [first["models"].get(name), seconds]
            for name, seconds in sorted(timed["models"].items(), key=lambda item: -item[1])
            if seconds > WORTH_NAMING_SECONDS
            and seconds > FASTER_THAN_LINES * lines * first["models"].get(name, 0.0)
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--months", type=int, default=24)
    arguments = parser.parse_args()
    first = None
    for customers in arguments.customers:
        timed = time_size(customers, arguments.months)
        shown = {name: value for name, value in timed.items() if name != "models"}
        sys.stdout.write(json.dumps(shown) + "\n")
        if first:
            sys.stdout.write(json.dumps(ratios(timed, first)) + "\n")
        first = first or timed
        sys.stdout.flush()


if __name__ == "__main__":
    main()
