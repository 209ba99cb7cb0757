"""The editor of YAML: what is wrong at its line, what could stand there, and the way out of it."""

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from tests.webui.frontend.typescript import page_of

TEXT = """# A flow
nodes:
  meter:
    type: modbus-meter
    port: [a, b]   # a comment
    every: 10 s
  log:
    type: "log"
    in: meter.reading
"""
PART = """
<script lang="ts">
  import Yaml from "$page/pages/flow/edit/yaml/Yaml.svelte";
  import { wording } from "$page/wording/wording.svelte";

  const TOLD: string[] = [];
  let text = $state(`TEXT`);
  let line = $state.raw<{ number: number } | undefined>();
  let readonly = $state(false);
  let told = $state(TOLD);
  let asked = $state("");
  const marks = [
    { line: 4, column: 11, severity: "error", message: "no such type <b>bold</b>" },
    { line: 6, column: 1, severity: "warning", message: "late" },
    { line: 99, column: 1, severity: "info", message: "beyond the end" },
  ];
  const complete = (where) => {
    asked = JSON.stringify(where);
    const meter = { text: "modbus-meter", detail: "<i>device</i>", about: "Reads." };
    return [meter, { text: "mqtt-in" }];
  };
  const onchange = (changed: string) => {
    told.push(changed);
    text = changed;
  };
</script>

<h1>Text</h1>
<p>
  <button onclick={() => (line = { number: 8 })}>Go</button>
  <button onclick={() => (readonly = !readonly)}>Only read</button>
  <button onclick={() => (text = text.replace("10 s", "30 s"))}>Change outside</button>
  <button onclick={() => void wording.speak("nl")}>Nederlands</button>
</p>
<Yaml {text} label="The file" {marks} {complete} {onchange} {line} {readonly} lines={14} />
<p><button>After</button></p>
<output>{JSON.stringify(told)}</output>
<p data-asked>{asked}</p>
""".replace("TEXT", TEXT)


@pytest.fixture(scope="module")
def built(browser, tmp_path_factory):  # without a browser nothing need be built
    return page_of(PART, tmp_path_factory.mktemp("yaml"), "flow-edit")


@pytest.fixture
def page(built, start, open_page):
    page = open_page(start(built_page=built))
    expect(text_of(page)).to_contain_text("modbus-meter")
    return page


def text_of(page):
    return page.get_by_role("textbox", name="The file")


def told(page):
    return page.locator("output")


def type_at_the_end(page, text):
    text_of(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def push(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_the_editor_is_drawn_within_the_rules_of_the_page(page, shoot, accessible):
    """Any complaint of the browser, of a style or a picture that is refused, fails the test."""
    text_of(page).click()
    expect(page.locator(".cm-lintRange-error")).to_have_css("background-image", "none")
    expect(page.locator(".cm-lintRange-error")).to_have_css(
        "text-decoration-line", re.compile("underline")
    )
    assert page.evaluate("document.querySelectorAll('style').length") == 0
    accessible(page)
    shoot(page, "flow-yaml")


def test_the_library_is_a_file_of_its_own_that_is_fetched_when_the_editor_opens(built):
    """It is half of what the whole flow editor may take: 300 kB, packed."""
    packed = {
        file.name.partition("-")[0]: len(gzip.compress(file.read_bytes()))
        for file in (built / "assets").glob("*.js")
    }
    assert packed["editor"] < 150_000
    assert packed["index"] < 40_000


def test_findings_stand_at_their_lines_as_text(page):
    expect(page.locator(".cm-lintRange-error")).to_have_text("modbus-meter")
    expect(page.locator(".cm-lintRange-warning")).to_have_text("every: 10 s")
    text_of(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("F8")
    said = page.locator(".cm-tooltip-lint")
    expect(said).to_have_text("no such type <b>bold</b>")
    expect(said.locator("b")).to_have_count(0)


def test_what_fits_is_offered_where_one_types(page):
    type_at_the_end(page, "  two:\ntype: mo")
    offers = page.get_by_role("listbox", name="What could stand here")
    expect(offers.get_by_role("option")).to_have_count(1)
    expect(offers).to_contain_text("<i>device</i>")
    expect(page.locator("[data-asked]")).to_have_text(
        '{"path":["nodes","two"],"key":"type","typed":"mo"}'
    )
    offers.get_by_role("option").click()  # a key is not heard in the first moment
    expect(offers).to_have_count(0)
    expect(told(page)).to_contain_text(r"\n  two:\n    type: modbus-meter\"]".replace(r"\"", '"'))


def test_what_is_typed_is_told_once_for_each_pause(page):
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    type_at_the_end(page, "# one")
    page.clock.run_for(400)
    page.keyboard.type(" two")
    page.clock.run_for(400)
    expect(told(page)).to_have_text("[]")
    page.clock.run_for(400)
    expect(told(page)).to_contain_text("# one two")
    page.clock.run_for(4000)
    page.keyboard.type(" three")
    page.clock.run_for(4000)
    expect(told(page)).to_contain_text("# one two three")
    assert json.loads(told(page).text_content()) == [
        TEXT + "# one two",
        TEXT + "# one two three",
    ]


def test_leaving_with_tab_is_possible_and_tells_at_once(page):
    type_at_the_end(page, "# more")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="After")).to_be_focused()
    expect(told(page)).to_contain_text("# more")
    page.keyboard.press("Shift+Tab")
    expect(text_of(page)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Nederlands")).to_be_focused()


def test_what_changes_elsewhere_is_taken_in_and_the_cursor_stays(page):
    text_of(page).click()
    page.keyboard.press("Control+End")
    push(page, "Change outside")
    expect(text_of(page)).to_contain_text("every: 30 s")
    text_of(page).focus()
    page.keyboard.type("# here")
    expect(told(page)).to_contain_text(r"in: meter.reading\n# here")


def test_a_line_is_gone_to(page):
    push(page, "Go")
    expect(text_of(page)).to_be_focused()
    expect(page.locator(".cm-activeLine")).to_have_text('    type: "log"')


def test_what_may_only_be_read_takes_nothing(page):
    push(page, "Only read")
    expect(text_of(page)).to_have_attribute("aria-readonly", "true")
    type_at_the_end(page, "# more")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="After")).to_be_focused()
    expect(text_of(page)).not_to_contain_text("# more")
    expect(told(page)).to_have_text("[]")


def test_it_speaks_the_language_of_the_viewer(page):
    push(page, "Nederlands")
    expect(page.get_by_text("Met Tab verlaat je de tekst.")).to_be_visible()
    text_of(page).click()
    page.keyboard.press("Control+f")
    expect(page.get_by_role("textbox", name="Zoeken")).to_be_focused()
    expect(page.get_by_role("button", name="Alles vervangen")).to_be_visible()
