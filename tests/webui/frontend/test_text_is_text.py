"""What somebody typed, or a node said, shows as text: no source of the page makes markup of it."""

import re

import pytest

from tests.house.sources import ROOT

FRONTEND = ROOT / "webui/frontend"
SOURCES = sorted(
    file
    for file in (*(FRONTEND / "src").rglob("*"), FRONTEND / "index.html")
    if file.suffix in {".svelte", ".ts", ".html"}
)
RAW = re.compile(
    r"\{@html\b|\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b"
    r"|\bcreateContextualFragment\b|\bDOMParser\b|\bsrcdoc\b|\beval\s*\(|\bnew Function\b"
    r"|javascript:",
    re.IGNORECASE,
)
# Takes the drawn path out of a picture that the server made; nothing of it becomes markup.
PICTURE = ("src/parts/QrCode.svelte", "DOMParser")
# The policy of the server refuses both, so that they would not even work.
INLINE = re.compile(r"<script>(?!\s*</script>)|\son[a-z]+=\"|\sstyle=\"")


def test_there_are_sources_to_look_at():
    assert len(SOURCES) > 50


@pytest.mark.parametrize("text", ["{@html name}", "it.innerHTML = x", 'a href="javascript:x"'])
def test_what_is_looked_for_would_be_found(text):
    assert RAW.search(text)


def test_no_source_makes_markup_or_code_of_text():
    found = [
        f"{file.relative_to(FRONTEND)}:{number}: {line.strip()}"
        for file in SOURCES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if RAW.search(line) and not is_the_picture(file, line)
    ]
    assert found == []


def is_the_picture(file, line):
    name, word = PICTURE
    return file.relative_to(FRONTEND).as_posix() == name and word in line


def test_no_source_has_inline_script_or_style():
    found = [
        f"{file.relative_to(FRONTEND)}:{number}: {line.strip()}"
        for file in SOURCES
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if INLINE.search(line)
    ]
    assert found == []
