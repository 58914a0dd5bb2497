"""Runs the dashboards as `streamlit run` does, on the morning after GD-1's as-of day.

A process of its own, because the clock is set: python served.py PORT
"""

import sys

from streamlit.web.cli import main

from dashboards import clock
from tests.dashboards.gd1_home import REPO, THE_MORNING_AFTER

if __name__ == "__main__":
    clock.utc_now = lambda: THE_MORNING_AFTER
    sys.argv = [
        "streamlit",
        "run",
        str(REPO / "dashboards" / "app.py"),
        "--server.port",
        sys.argv[1],
    ]
    main()
