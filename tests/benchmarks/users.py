"""Readers without a browser: each keeps a session open with the dashboards and walks their pages.

Twenty Chromium windows on two cores would measure Chromium. These speak the browser's own protocol
(the WebSocket messages of Streamlit) and draw nothing: what they wait for is the server alone.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

GIVEN_UP_SECONDS = 120
MOST_BYTES = 512 * 1024 * 1024


@dataclass
class Walk:
    """What one reader met: seconds until each page was whole, megabytes, and what went wrong."""

    seconds: list[tuple[str, float]] = field(default_factory=list)
    bytes_received: int = 0
    errors: list[str] = field(default_factory=list)


def walk_together(address: str, *, users: int, months: list[str], think_seconds: float) -> dict:
    """Readers who come within the time one thinks and then see every page, each in an order and a
    month of its own. One has been there before them: the server knows the version.
    """
    asyncio.run(_all(address, 1, months, 0))
    walks = asyncio.run(_all(address, users, months, think_seconds))
    seconds = sorted(taken for walk in walks for _, taken in walk.seconds)
    by_page: dict[str, list[float]] = {}
    for walk in walks:
        for page, taken in walk.seconds:
            by_page.setdefault(page, []).append(taken)
    return {
        "users": users,
        "think_seconds": think_seconds,
        "pages_seen": len(seconds),
        "errors": [error for walk in walks for error in walk.errors],
        "p50_ms": quantile(seconds, 0.5) * 1000,
        "p95_ms": quantile(seconds, 0.95) * 1000,
        "worst_ms": max(seconds, default=0) * 1000,
        "p95_ms_by_page": {page: quantile(sorted(s), 0.95) * 1000 for page, s in by_page.items()},
        "megabytes": sum(walk.bytes_received for walk in walks) / 1e6,
    }


def quantile(ordered: list[float], share: float) -> float:
    """The value below which a share of an ordered list lies; 0 for an empty one."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


async def _all(address: str, users: int, months: list[str], think_seconds: float) -> list[Walk]:
    walks = [Walk() for _ in range(users)]
    await asyncio.gather(
        *(
            _walk(address, walk, random.Random(number), months, think_seconds)
            for number, walk in enumerate(walks)
        )
    )
    return walks


async def _walk(
    address: str, walk: Walk, chance: random.Random, months: list[str], think_seconds: float
) -> None:
    await asyncio.sleep(chance.uniform(0, 1) * think_seconds)
    socket = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    try:
        async with connect(
            socket,
            subprotocols=["streamlit"],
            max_size=MOST_BYTES,
            open_timeout=GIVEN_UP_SECONDS,
            ping_timeout=GIVEN_UP_SECONDS,
        ) as connection:
            pages = await _see(connection, walk, "home", "", "")
            order = [page for page in pages if not page.is_default]
            chance.shuffle(order)
            for page in order:
                await asyncio.sleep(chance.uniform(0.5, 1.5) * think_seconds)
                month = chance.choice(months)
                name = page.url_pathname or page.page_name
                await _see(connection, walk, name, page.page_script_hash, f"month={month}")
    except Exception as error:  # a reader who is thrown out is a finding, not the end of the walk
        walk.errors.append(f"{type(error).__name__}: {error}")


async def _see(
    connection: ClientConnection, walk: Walk, name: str, script: str, query: str
) -> list[Any]:
    """Asks for a page and reads until it is whole; returns the pages of the menu."""
    asked = BackMsg()
    asked.rerun_script.query_string = query
    asked.rerun_script.page_script_hash = script
    asked.rerun_script.context_info.locale = "ja-JP"
    asked.rerun_script.context_info.timezone = "Asia/Tokyo"
    asked.rerun_script.context_info.color_scheme = "light"
    started = time.perf_counter()
    await connection.send(asked.SerializeToString())
    pages: list[Any] = []
    while True:
        received = await asyncio.wait_for(connection.recv(), GIVEN_UP_SECONDS)
        walk.bytes_received += len(received)
        message = ForwardMsg()
        message.ParseFromString(received)
        kind = message.WhichOneof("type")
        if kind == "navigation":
            pages = list(message.navigation.app_pages)
        elif kind == "delta":
            walk.errors += [f"{name}: {said}" for said in _said_wrong(message.delta)]
        elif kind == "page_not_found":
            walk.errors.append(f"{name}: not found")
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                continue  # the page asked for itself anew; the next end is the one
            if message.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                walk.errors.append(f"{name}: {message.script_finished}")
            break
    walk.seconds.append((name, time.perf_counter() - started))
    return pages


def _said_wrong(delta: Any) -> list[str]:
    element = delta.new_element
    if element.HasField("exception"):
        return [f"{element.exception.type}: {element.exception.message}"]
    if element.HasField("alert") and element.alert.format == Alert.ERROR:
        return [element.alert.body[:200]]
    return []
