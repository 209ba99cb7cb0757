"""The public YAML language server as an editor talks to it: the protocol LSP over stdio."""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from tests import npm

VERSION = "2.0.0"
NODE_AT_LEAST = (22, 13)  # what it asks for
_PACKAGE = "yaml-language-server"
_PATIENCE_S = 60.0
_LAST_S = 10.0


class LanguageServer:
    """A running server; a context manager.  `schemas` says which schema is for which files.

    Keys are the schemas' URIs, values patterns of the files' names, as in an editor's settings.
    Everything that does not come in a minute is a `TimeoutError`.
    """

    def __init__(self, schemas: Mapping[str, Sequence[str]]) -> None:
        self._settings = {
            "schemas": dict(schemas),
            "schemaStore": {"enable": False},
            "customTags": ["!secret scalar"],
            "validate": True,
            "hover": True,
            "completion": True,
        }
        self._said: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._asked = 0

    def __enter__(self) -> Self:
        found = npm.install(_PACKAGE, VERSION, NODE_AT_LEAST)
        script = found.folder / "node_modules" / _PACKAGE / "bin" / _PACKAGE
        self._process = subprocess.Popen(
            [str(found.node), str(script), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=self._listen, daemon=True).start()
        hover = {"contentFormat": ["markdown"]}
        abilities = {"workspace": {"configuration": True}, "textDocument": {"hover": hover}}
        self._ask("initialize", {"processId": None, "rootUri": None, "capabilities": abilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": {"yaml": self._settings}})
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError, TimeoutError):
            self._ask("shutdown", None)
            self._tell("exit", None)
        try:
            self._process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def complaints(self, uri: str, text: str) -> list[str]:
        """Open a file and return what the server underlines, each as `line: message`."""
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        found = self._wait(
            lambda said: (
                said.get("method") == "textDocument/publishDiagnostics"
                and said["params"]["uri"] == uri
            ),
            f"what it thinks of {uri}",
        )
        return [
            f"{one['range']['start']['line'] + 1}: {one['message']}"
            for one in found["params"]["diagnostics"]
        ]

    def hover(self, uri: str, line: int, column: int) -> str:
        """Return what the server shows for a place of an open file; both count from 1."""
        position = {"line": line - 1, "character": column - 1}
        shown = self._ask(
            "textDocument/hover", {"textDocument": {"uri": uri}, "position": position}
        )
        return "" if shown is None else str(shown["contents"]["value"])

    def completions(self, uri: str, line: int, column: int) -> list[str]:
        """Return what the server offers to write at a place of an open file."""
        position = {"line": line - 1, "character": column - 1}
        offered = self._ask(
            "textDocument/completion", {"textDocument": {"uri": uri}, "position": position}
        )
        return [item["label"] for item in offered["items"]]

    # -- the protocol --------------------------------------------------------------------------

    def _ask(self, method: str, parameters: Any) -> Any:
        self._asked += 1
        number = self._asked
        self._send({"id": number, "method": method, "params": parameters})
        answer = self._wait(lambda said: said.get("id") == number, f"an answer to {method}")
        if "error" in answer:
            raise AssertionError(f"{_PACKAGE}: {method}: {answer['error']['message']}")
        return answer["result"]

    def _tell(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _wait(self, wanted: Any, what: str) -> dict[str, Any]:
        """Return the first message that is wanted; what comes before is of no interest."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                said = self._said.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise TimeoutError(f"{_PACKAGE} did not say {what}") from None
            if said is None:
                raise BrokenPipeError(f"{_PACKAGE} has ended, code {self._process.poll()}")
            if wanted(said):
                return said

    def _listen(self) -> None:
        """Queue what the server says; answer what it asks, which are its settings."""
        pipe = self._process.stdout
        assert pipe is not None
        while (length := _length(pipe)) is not None:
            said = json.loads(pipe.read(length))
            if "method" in said and "id" in said:
                self._send({"id": said["id"], "result": self._answer(said)})
            else:
                self._said.put(said)
        self._said.put(None)

    def _answer(self, question: Mapping[str, Any]) -> Any:
        if question["method"] != "workspace/configuration":
            return None
        wanted = [item.get("section") for item in question["params"]["items"]]
        return [self._settings if section == "yaml" else None for section in wanted]


def _length(pipe: Any) -> int | None:
    """Read the head of a message and return how long its body is; None at the end."""
    length = None
    while (line := pipe.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return length


def uri_of(path: Path) -> str:
    """Return a file's URI."""
    return path.resolve().as_uri()
