"""Starts sql_process without a network, where the kernel lets this user give it up.

A module of its own: a process may leave the network only before it has threads, and DuckDB starts
some as it is imported.
"""

import ctypes
import os

NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET, CLONE_NEWUSER


def leave_network() -> bool:
    """Moves this process where there is no network; False where the kernel refuses.

    root keeps its rights over files and so its user; anybody else needs a user of their own.
    """
    flags = NEW_NETWORK if os.geteuid() == 0 else NEW_NETWORK | NEW_USER
    try:
        return ctypes.CDLL(None, use_errno=True).unshare(flags) == 0
    except (OSError, AttributeError):  # no such call here: DuckDB's own settings still refuse
        return False


def main() -> None:
    """Without a network, the process that answers one statement."""
    leave_network()
    from dagster_project import sql_process

    sql_process.main()


if __name__ == "__main__":
    main()
