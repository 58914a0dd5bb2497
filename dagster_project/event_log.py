"""Dagster's SQLite files without an fsync and without a new engine per event.

A run writes about a thousand events, each in a transaction on a connection of its own: SQLite then
syncs on every commit and folds the log into the file on every close. Measured on an ordinary disk,
300 such transactions took 4.4 s; with synchronous=NORMAL and one more connection held open 0.04 s.
Dagster also makes a SQLAlchemy engine per event, which compiles every statement anew: that was a
third of the CPU of a run. A power cut may lose the last events of a run, never the file; the
home's data is not in there.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import StaticPool

# The index of all runs, the run that writes, and what a page looks at.
KEPT_ENGINES = 8

# One connection per file, held until the process ends.
_held: dict[str, sqlite3.Connection] = {}


def spare_the_disk() -> None:
    """From here on SQLAlchemy's SQLite connections of this process behave as described above."""
    if not event.contains(Engine, "connect", _on_connect):
        event.listen(Engine, "connect", _on_connect)


def _on_connect(connection: Any, record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.execute("pragma synchronous = normal")
    path = connection.execute("pragma database_list").fetchone()[2]
    if path and path not in _held:
        _held[path] = sqlite3.connect(path, check_same_thread=False)
        _held[path].execute("select count(*) from sqlite_master").fetchone()


class KeptEventLogStorage(SqliteEventLogStorage):
    """Dagster's default event log, in the same files, with one engine and connection per file.

    Named in dagster.yaml. The lock of the parent lets one thread at a time use a connection.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: dict[str, Any]
    ) -> "KeptEventLogStorage":
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            self._engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=StaticPool,
                connect_args={
                    "timeout": SQLITE_BUSY_TIMEOUT_SECONDS,
                    "check_same_thread": False,
                },
            )
        self._engines.move_to_end(shard)
        if len(self._engines) > KEPT_ENGINES:
            self._engines.popitem(last=False)[1].dispose()
        return self._engines[shard]

    def wipe(self) -> None:
        """Removes every run's file, and lets go of them."""
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().wipe()

    def dispose(self) -> None:
        """Closes the files."""
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


if __name__ == "__main__":
    # `python -m dagster_project.event_log MODULE …` runs another module that way.
    import runpy
    import sys

    spare_the_disk()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
