"""A sign of life for what takes longer than a second."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal, after a second and then every second, that work goes on."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    began_s = time.monotonic()

    def tell() -> None:
        while not done.wait(1.0):
            sys.stderr.write(f"\r{what} … {time.monotonic() - began_s:.0f} s")
            sys.stderr.flush()

    teller = threading.Thread(target=tell, name="progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        sys.stderr.write("\r\x1b[K")
