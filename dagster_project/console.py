"""How the command line speaks: sentences, tables, JSON, errors, progress.

Answers go to stdout, progress and errors to stderr; with --json, stdout holds one JSON value.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dagster_project.messages import KeizokuError, explain, say

SECONDS_BETWEEN_LINES = 5


@dataclass
class Console:
    """One command's voice; `lang` may change once the settings are read."""

    lang: str
    is_json: bool = False
    is_debug: bool = False

    def say(self, code: str, **values: Any) -> None:
        """A sentence of the catalogue, unless the answer is JSON."""
        self.line(say(code, self.lang, **values))

    def line(self, text: str = "") -> None:
        """A line that is already in the right language."""
        if not self.is_json:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()

    def text(self, code: str, **values: Any) -> str:
        """A sentence of the catalogue."""
        return say(code, self.lang, **values)

    def answer(self, value: Any) -> None:
        """The command's answer as JSON; nothing without --json."""
        if self.is_json:
            sys.stdout.write(json_text(value) + "\n")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Rows under headings; widths count full-width characters as two."""
        from rich.console import Console as RichConsole
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(Text(column), overflow="fold")
        for row in rows:
            table.add_row(*(Text("" if value is None else str(value)) for value in row))
        is_terminal = sys.stdout.isatty()
        console = RichConsole(file=sys.stdout, width=None if is_terminal else 1000, highlight=False)
        console.print(table)

    def fail(self, error: KeizokuError) -> None:
        """何が・どこで・なぜ・どうする, on stderr; with --json on stdout as {"error": …}."""
        explained = explain(error.code, self.lang, where=error.where, **error.values)
        self.answer({"error": explained})
        if self.is_json:
            return
        for name in ("what", "where", "why", "remedy"):
            if explained[name]:
                sys.stderr.write(f"{say(name, self.lang)}: {explained[name]}\n")
        sys.stderr.flush()

    def reporter(self) -> "BarReporter | LineReporter":
        """A progress bar on a terminal, plain lines elsewhere."""
        return BarReporter(self) if sys.stderr.isatty() else LineReporter(self)


class LineReporter:
    """Progress as plain lines on stderr: every phase, and now and then how far it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last_line_at = time.monotonic()

    def phase(self, name: str) -> None:
        self._write(say(f"phase_{name}", self._console.lang))

    def progress(self, text: str, done: int, total: int) -> None:
        if time.monotonic() - self._last_line_at >= SECONDS_BETWEEN_LINES:
            self._write(f"  {done}/{total} {text}")

    def note(self, code: str, **values: Any) -> None:
        self._write(say(code, self._console.lang, **values))

    def close(self) -> None:
        pass

    def _write(self, line: str) -> None:
        self._last_line_at = time.monotonic()
        if not self._console.is_json:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


class BarReporter:
    """A live bar on stderr with counts and remaining time."""

    def __init__(self, console: Console) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[at]}", style="dim"),
            console=RichConsole(stderr=True, highlight=False),
        )
        self._progress.start()
        self._task: Any = None

    def phase(self, name: str) -> None:
        self._finish_task()
        text = say(f"phase_{name}", self._console.lang)
        self._task = self._progress.add_task(text, total=None, at="")

    def progress(self, text: str, done: int, total: int) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, total=total, at=text)

    def note(self, code: str, **values: Any) -> None:
        self._progress.console.print(say(code, self._console.lang, **values), markup=False)

    def close(self) -> None:
        self._finish_task()
        self._progress.stop()

    def _finish_task(self) -> None:
        if self._task is not None:
            task = self._progress.tasks[self._task]
            self._progress.update(self._task, total=task.completed or 1, at="")
            self._progress.update(self._task, completed=task.completed or 1)
        self._task = None


def language(asked: str | None, configured: str | None) -> str:
    """ja or en: as asked, else as configured, else by the environment's LANG."""
    if asked or configured:
        return asked or configured
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "ja" if os.environ[name].lower().startswith("ja") else "en"
    return "en"


def json_text(value: Any) -> str:
    """JSON with decimals as exact numbers, dates as ISO text and NaN as null."""
    if isinstance(value, dict):
        items = (f"{json.dumps(str(key))}: {json_text(item)}" for key, item in value.items())
        return "{" + ", ".join(items) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(json_text(item) for item in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else "null"
    if isinstance(value, float):
        return repr(value) if value == value and abs(value) != float("inf") else "null"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    return json.dumps(str(value), ensure_ascii=False)
