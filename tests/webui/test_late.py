"""An application whose greater part is loaded when somebody first asks for it."""

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from webui.late import Late, NotLoaded


def saying(text):
    def application(environ, start_response):
        start_response("200 OK", [])
        return [text]

    return application


def ask(application, path):
    return b"".join(application({"PATH_INFO": path}, lambda status, headers: None))


def test_what_is_there_from_the_start_loads_nothing():
    loaded = []
    late = Late(saying(b"early"), ["/ready"], lambda _: loaded.append(1) or saying(b"late"))
    assert (ask(late, "/ready"), loaded) == (b"early", [])
    assert (ask(late, "/"), ask(late, "/ready"), loaded) == (b"late", b"early", [1])


def test_many_who_ask_at_once_have_it_loaded_once_and_wait_for_that():
    loaded, everybody = [], threading.Barrier(8)

    def asking(_):
        everybody.wait()
        return ask(late, "/")

    late = Late(saying(b"early"), [], lambda _: loaded.append(1) or saying(b"late"))
    with ThreadPoolExecutor(8) as askers:
        assert set(askers.map(asking, range(8))) == {b"late"}
    assert loaded == [1]


@pytest.mark.parametrize("spares", [True, False], ids=["a program", "a test"])
def test_the_collector_does_not_look_at_what_was_loaded_where_it_is_spared(spares):
    made = [["loaded"]]
    late = Late(saying(b"early"), [], lambda _: made.append([]) or saying(b"late"))
    gc.unfreeze()
    if spares:
        gc.freeze()
    try:
        assert ask(late, "/") == b"late"
        seen = gc.get_objects()
        assert [any(one is found for found in seen) for one in made] == [not spares] * 2
    finally:
        gc.unfreeze()


def test_what_could_not_be_loaded_is_tried_again():
    tries = iter([NotLoaded(saying(b"not now")), None])

    def load(_):
        error = next(tries)
        if error is not None:
            raise error
        return saying(b"late")

    late = Late(saying(b"early"), [], load)
    assert [ask(late, "/"), ask(late, "/"), ask(late, "/")] == [b"not now", b"late", b"late"]


def test_a_server_that_listens_has_not_imported_what_it_does_not_need_yet():
    code = "import sys, webui.server; print(*sorted(m for m in sys.modules if 'webui.api' in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "webui.api",
        "webui.api.health",
        "webui.api.metrics",
        "webui.api.state",
    ]
