"""What the steps of landing share: the home, its open ledger, its mappings, a worker at hand."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sources import ledger
from sources.catalogue import Catalogue, load_catalogue
from sources.deliveries import Home
from sources.parse_worker import Worker, open_worker


@dataclass(frozen=True)
class Session:
    home: Home
    connection: sqlite3.Connection
    worker: Worker
    catalogue: Catalogue


@contextmanager
def open_session(home: Home, *, stores: bool = True) -> Iterator[Session]:
    rules = home.rules
    catalogue = load_catalogue(home.mappings, rules.business_timezone)
    place = home.ledger if stores or home.ledger.exists() else None
    with (
        ledger.open_ledger(place) as connection,
        open_worker(rules.worker_memory_bytes, rules.worker_seconds) as worker,
    ):
        yield Session(home, connection, worker, catalogue)
