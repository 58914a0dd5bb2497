"""The worker process: reads files one after another under a memory limit and a wall clock, or
looks at one and proposes a mapping.

A file that makes the parser run away ends the worker, not the run: it is held, and the next file
gets a new worker. Requests and answers are one line of JSON each; rows never pass the pipe.
"""

import json
import os
import resource
import select
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sources.assistant.proposing import Proposal, propose, read_proposal
from sources.ledger import EntityCounts
from sources.reading import Finding, Reading, ReadRequest, read_delivery


class Worker:
    """One worker process, started when first asked, and again after a file that ended it."""

    def __init__(self, memory_bytes: int, seconds: float) -> None:
        self._memory_bytes = memory_bytes
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, request: ReadRequest) -> Reading:
        """The reading of one file; `took_too_long` or `reader_died` if it does not come."""
        answer = self._asked(request, {})
        return answer if isinstance(answer, Reading) else _reading(answer)

    def propose(self, request: ReadRequest, entity: str | None, answers: Sequence[str]) -> Proposal:
        """The mapping assistant's proposal for one file, under the same limits."""
        answer = self._asked(request, {"entity": entity, "answers": list(answers)})
        if isinstance(answer, Reading):
            return Proposal("refused", request.file_name, answer.findings)
        return read_proposal(answer)

    def _asked(self, request: ReadRequest, asked: dict[str, Any]) -> dict[str, Any] | Reading:
        """The facts answered; a refused reading when no answer comes."""
        process = self._running()
        process.stdin.write(_encoded({"request": asdict(request), **asked}))
        process.stdin.flush()
        deadline = time.monotonic() + self._seconds
        answer = b""
        while not answer.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                self.stop()
                return _refused("took_too_long", request, f"{self._seconds:g} s")
            piece = os.read(process.stdout.fileno(), 1 << 20)
            if not piece:
                self.stop()
                limit = f"exit {process.returncode}, {self._memory_bytes // 1024**2} MiB"
                return _refused("reader_died", request, limit)
            answer += piece
        return json.loads(answer)

    def stop(self) -> None:
        """Ends the process at once."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            project = str(Path(__file__).parents[1])
            paths = [project, *filter(None, [os.environ.get("PYTHONPATH")])]
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sources.parse_worker", str(self._memory_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Last words of a library that runs out of memory; they say nothing to a person.
                stderr=None if os.environ.get("KEIZOKU_DEBUG") else subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )
        return self._process


@contextmanager
def open_worker(memory_bytes: int, seconds: float) -> Iterator[Worker]:
    """A worker that is gone at the end."""
    worker = Worker(memory_bytes, seconds)
    try:
        yield worker
    finally:
        worker.stop()


def _refused(code: str, request: ReadRequest, detail: str) -> Reading:
    return Reading("refused", findings=(Finding(code, request.file_name, detail),))


def _encoded(facts: dict[str, Any]) -> bytes:
    def plain(value: Any) -> str:
        if isinstance(value, (date, datetime)):
            return value.isoformat()
        raise TypeError(f"not JSON: {type(value).__name__}")

    return json.dumps(facts, default=plain).encode() + b"\n"


def _reading(facts: dict[str, Any]) -> Reading:
    for name in ("findings", "notes"):
        facts[name] = tuple(Finding(**one) for one in facts[name])
    facts["entities"] = tuple(_entity_counts(one) for one in facts["entities"])
    for name in ("quarantine", "missing_headers"):
        facts[name] = tuple(facts[name])
    if facts["exported_at"]:
        facts["exported_at"] = datetime.fromisoformat(facts["exported_at"])
    return Reading(**facts)


def _entity_counts(facts: dict[str, Any]) -> EntityCounts:
    for name in ("covers_from", "covers_to"):
        facts[name] = date.fromisoformat(facts[name]) if facts[name] else None
    return EntityCounts(**facts)


def _request(facts: dict[str, Any]) -> ReadRequest:
    facts["file_time"] = datetime.fromisoformat(facts["file_time"])
    for name in ("known_ids", "feeds_known_without_time"):
        facts[name] = tuple(facts[name])
    return ReadRequest(**facts)


def main(memory_bytes: int) -> None:
    """Answers requests from stdin until it closes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        request = _request(asked.pop("request"))
        try:
            answer = propose(request, **asked) if asked else read_delivery(request)
        except MemoryError:
            answer = _failed(asked, "reader_died", request, f"{memory_bytes // 1024**2} MiB")
        except Exception as failure:
            # Loud, but for this file alone: one broken source never stops the others. Messages of
            # exceptions may quote cells, so only the kind and the place are passed on.
            if os.environ.get("KEIZOKU_DEBUG"):
                traceback.print_exc()
            frame = traceback.extract_tb(failure.__traceback__)[-1]
            place = f"{type(failure).__name__} ({Path(frame.filename).name}:{frame.lineno})"
            answer = _failed(asked, "reader_failed", request, place)
        answers.write(_encoded(asdict(answer)))
        answers.flush()


def _failed(
    asked: dict[str, Any], code: str, request: ReadRequest, detail: str
) -> Reading | Proposal:
    refused = _refused(code, request, detail)
    return Proposal("refused", request.file_name, refused.findings) if asked else refused


if __name__ == "__main__":
    main(int(sys.argv[1]))
