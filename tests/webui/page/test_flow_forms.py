"""A part of a flow by its form and by its text: each shows what the other changes."""

import re

import pytest
from playwright.sync_api import expect

from tests.webui.frontend.typescript import page_of

TEXT = """flow: home
nodes:
  meter:
    type: modbus-meter
    every: 10
    key: !secret prowl_key
  log:
    type: log
    from: met
"""
# What a server does, in short: the form follows from the text, and a field changes its line.
PART = r"""
<script lang="ts">
  import FileYaml from "$page/pages/flow/edit/FileYaml.svelte";
  import Inspector from "$page/pages/flow/edit/Inspector.svelte";
  import { Problem } from "$page/ask";

  const file = "flows/home.yaml";
  let text = $state(`TEXT`);
  let deeds = $state([]);
  let readonly = $state(false);
  let shown = $state("part");
  let line = $state.raw();
  const finding = (severity, line, message, more = {}) => ({
    code: "x", severity, file, line, column: 12, node: null, message, instances: [], ...more,
  });
  const findings = [
    finding("warning", 5, "it is <b>often</b>"),
    finding("error", 9, "there is no met", { column: 11 }),
    finding("error", 1, "elsewhere", { file: "flows/other.yaml" }),
  ];
  const known = { picture: null, file, types: [{ text: "modbus-meter" }] };
  const field = (name, kind, said, more = {}) => ({
    name, kind, said, description: `About ${name}.`, unit: "", minimum: null, maximum: null,
    choices: [], examples: [], required: false, default: null, ...more,
  });
  const found = (key) => new RegExp(`^    ${key}: (?:!secret )?(.*)$`, "m").exec(text)?.[1] ?? null;

  async function load() {
    if (text.includes("broken")) throw new Problem("the file is broken", 422, "broken");
    return {
      first: 3, last: text.split("\n").findIndex((one) => one === "  log:"),
      fields: [
        field("every", "number", found("every"), {
          unit: "s", minimum: 1, maximum: 60, required: true,
        }),
        field("key", "secret", found("key")),
        field("bus", "connection", found("bus")),
        field("loud", "switch", found("loud") === "true", { default: false }),
      ],
      references: { bus: ["rs485"] }, secrets: ["mail_key", "prowl_key"],
    };
  }

  function put(name, value) {
    deeds.push([name, value]);
    const lines = text.split("\n").filter((one) => !one.startsWith(`    ${name}: `));
    const tag = name === "key" ? "!secret " : "";
    if (value !== null) lines.splice(4, 0, `    ${name}: ${tag}${value}`);
    text = lines.join("\n");
  }

  function change(lines) {
    deeds.push([lines.first, lines.last, lines.text, lines.was]);
    const all = text.match(/[^\n]*\n/g);
    all.splice(lines.first - 1, lines.last - lines.first + 1, lines.text);
    text = all.join("");
  }
</script>

<h1>Part</h1>
<p>
  <button onclick={() => (shown = "file")}>Whole file</button>
  <button onclick={() => (readonly = true)}>Only read</button>
  <button onclick={() => (line = { number: 8 })}>Go to line 8</button>
</p>
{#if shown === "part"}
  <Inspector
    {file} {text} path={["nodes", "meter"]} {findings} {known} {readonly} {load} {put} {change}
  />
{:else}
  <FileYaml {file} {text} {findings} {known} {readonly} {change} {line} />
{/if}
<output>{JSON.stringify(deeds)}</output>
""".replace("TEXT", TEXT)


@pytest.fixture(scope="module")
def built(browser, tmp_path_factory):  # without a browser nothing need be built
    return page_of(PART, tmp_path_factory.mktemp("forms"), "flow-edit")


@pytest.fixture
def page(built, start, open_page):
    page = open_page(start(built_page=built))
    expect(lines_of(page, "meter")).to_contain_text("type: modbus-meter")
    return page


def lines_of(page, name):
    return page.get_by_role("textbox", name=f"{name} as text")


def deeds(page):
    return page.locator("output")


def field(page, label):
    return page.get_by_role("region", name="Settings").get_by_label(label, exact=True)


def test_what_the_form_changes_shows_in_the_text(page, shoot, accessible):
    field(page, "Every").fill("30")
    expect(lines_of(page, "meter")).to_contain_text("every: 30")
    expect(lines_of(page, "meter")).not_to_contain_text("log")
    expect(page.locator(".cm-lineNumbers")).to_contain_text("3456")  # as in the whole file
    expect(deeds(page)).to_have_text('[["every","30"]]')
    accessible(page)
    shoot(page, "flow-part")


def test_what_the_text_changes_shows_in_the_form(page):
    lines_of(page, "meter").get_by_text("10").click()
    page.keyboard.press("End")
    page.keyboard.type("5")
    expect(field(page, "Every")).to_have_value("105")
    expect(deeds(page)).to_have_text(r'[[5,5,"    every: 105\n","    every: 10\n"]]')


@pytest.mark.parametrize(("typed", "said"), [("0", "At least 1"), ("61", "At most 60")])
def test_a_value_beyond_its_bounds_is_said_at_the_field_and_goes_nowhere(page, typed, said):
    field(page, "Every").fill(typed)
    field(page, "Every").press("Tab")
    wrong = page.locator("[data-field=every]")
    expect(wrong).to_contain_text(said)
    expect(field(page, "Every")).to_have_attribute("aria-invalid", "true")
    expect(deeds(page)).to_have_text("[]")
    field(page, "Every").fill("60")
    expect(deeds(page)).to_have_text('[["every","60"]]')
    expect(wrong).not_to_contain_text(said)


def test_a_secret_is_chosen_by_its_name(page):
    choices = field(page, "Key")
    expect(choices).to_have_value("prowl_key")
    expect(choices.locator("option")).to_have_text(["None", "mail_key", "prowl_key"])
    choices.select_option("mail_key")
    expect(lines_of(page, "meter")).to_contain_text("key: !secret mail_key")


def test_what_is_left_out_goes_from_the_file(page):
    page.get_by_role("button", name="Leave out: Key").click()
    expect(lines_of(page, "meter")).not_to_contain_text("key")
    field(page, "Bus").select_option("rs485")
    expect(lines_of(page, "meter")).to_contain_text("bus: rs485")
    field(page, "Loud").click()
    expect(lines_of(page, "meter")).to_contain_text("loud: true")


def test_where_there_is_no_form_any_more_the_text_can_be_mended(page):
    lines_of(page, "meter").get_by_text("10").click()
    page.keyboard.press("End")
    page.keyboard.type("broken")
    expect(page.get_by_role("alert")).to_have_text("the file is broken")
    for _ in "broken":
        page.keyboard.press("Backspace")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_who_may_only_look_changes_nothing(page):
    page.get_by_role("button", name="Only read").click()
    expect(field(page, "Every")).to_be_disabled()
    expect(lines_of(page, "meter")).to_have_attribute("aria-readonly", "true")
    expect(page.get_by_role("button", name=re.compile("Leave out"))).to_have_count(0)


def test_findings_of_a_file_lead_to_their_lines(page, shoot, accessible):
    page.get_by_role("button", name="Whole file").click()
    text = lines_of(page, "flows/home.yaml")
    expect(text).to_contain_text("from: met")
    found = page.get_by_role("region", name="Findings")
    expect(found.get_by_role("listitem")).to_have_count(2)
    expect(found).to_contain_text("it is <b>often</b>")
    accessible(page)
    shoot(page, "flow-file")
    found.get_by_role("button", name="Line 9").click()
    expect(text).to_be_focused()
    expect(page.locator(".cm-activeLine")).to_have_text("    from: met")
    page.keyboard.press("End")
    page.keyboard.insert_text("er")
    expect(deeds(page)).to_have_text(r'[[9,9,"    from: meter\n","    from: met\n"]]')
    page.get_by_role("button", name="Go to line 8").click()
    expect(page.locator(".cm-activeLine")).to_have_text("    type: log")
