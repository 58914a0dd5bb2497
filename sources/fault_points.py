"""Named steps at which a test can cut the power: FAULT_AT=<step> kills the process right there."""

import os
import signal


def fault_point(step: str) -> None:
    """Dies like a machine that loses power, if this step is the one named in FAULT_AT."""
    if os.environ.get("FAULT_AT") == step:
        os.kill(os.getpid(), signal.SIGKILL)
