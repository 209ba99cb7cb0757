import json
from pathlib import Path

import pytest

from oppleo_flow.flowfile import CheckResult, SiteSecrets

FLOW = "flow: f\nformat: 1\nnodes:\n  p: {type: push, key: !secret prowl_key, from: flow.errors}\n"


def secrets_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "secrets.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def key_of(result: CheckResult) -> str:
    assert result.errors == ()
    return result.graph.nodes["p"].config.key.get_secret_value()


def test_the_file_comes_first_then_the_environment_then_the_credentials(check, tmp_path) -> None:
    file = secrets_file(tmp_path, "prowl_key: from-file\n")
    (tmp_path / "prowl_key").write_text("from-systemd\n", encoding="utf-8")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    both = systemd | {"OPPLEO_SECRET_PROWL_KEY": "from-environment"}
    none = tmp_path / "none.yaml"
    found = [SiteSecrets(file, both), SiteSecrets(none, both), SiteSecrets(none, systemd)]
    assert [key_of(check(FLOW, secrets=secrets)) for secrets in found] == [
        "from-file",
        "from-environment",
        "from-systemd",
    ]


def test_a_secret_is_text_whatever_it_looks_like(check, tmp_path) -> None:
    secrets = SiteSecrets(secrets_file(tmp_path, "prowl_key: 0123\n"), {})
    assert key_of(check(FLOW, secrets=secrets)) == "0123"


def test_a_file_that_others_can_read_is_refused(check, tmp_path) -> None:
    file = secrets_file(tmp_path, "prowl_key: hunter2\n", 0o644)
    result = check(FLOW, secrets=SiteSecrets(file, {}))
    assert [f.render() for f in result.findings] == [
        f"{file}:1:1: others can read this file (mode 0644); run: chmod 600 {file}"
    ]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        pytest.param("a: b: hunter2\n", "1:5", "a value with ': ' in it needs quotes around it",
                     id="broken YAML"),
        pytest.param("- hunter2\n", "1:1", "a map of names and secrets is needed here",
                     id="no map"),
        pytest.param("a: [hunter2]\n", "1:4", "'a' is not plain text; write text", id="a list"),
        pytest.param("a b: hunter2\n", "1:1",
                     "a secret's name is letters, digits, _ and -; rename it", id="a bad name"),
        pytest.param("a: hunter2\na: hunter2\n", "2:1",
                     "'a' stands here a second time, first in line 1; remove or rename one",
                     id="a name that stands twice"),
    ],
)  # fmt: skip
def test_a_slip_in_the_file_is_told_without_showing_its_line(
    check, tmp_path, text: str, place: str, message: str
) -> None:
    file = secrets_file(tmp_path, text)
    result = check(FLOW, secrets=SiteSecrets(file, {"OPPLEO_SECRET_PROWL_KEY": "abc"}))
    assert [f.render() for f in result.findings] == [f"{file}:{place}: {message}"]


def test_a_file_that_is_no_text_is_told(check, tmp_path) -> None:
    file = tmp_path / "secrets.yaml"
    file.write_bytes(b"a: \xff\n")
    file.chmod(0o600)
    told = check(FLOW, secrets=SiteSecrets(file, {})).findings
    assert [f.render() for f in told] == [f"{file}:1:1: not UTF-8 text; save it as UTF-8"]


def test_a_folder_in_its_place_is_told(check, tmp_path) -> None:
    told = check(FLOW, secrets=SiteSecrets(tmp_path, {})).findings
    assert [f.render() for f in told] == [f"{tmp_path}:1:1: cannot be read: Is a directory"]


def test_a_missing_secret_is_told_where_it_is_used(check, tmp_path) -> None:
    file = tmp_path / "secrets.yaml"
    told = check(FLOW, secrets=SiteSecrets(file, {})).findings
    assert [f.headline() for f in told] == [
        f"f.yaml:4:24: p: there is no secret 'prowl_key'; add 'prowl_key: …' to {file}, "
        "or set OPPLEO_SECRET_PROWL_KEY"
    ]


def test_without_any_source_every_secret_is_missing(check) -> None:
    told = check(FLOW, secrets=None).findings
    assert [f.message for f in told] == [
        "there is no secret 'prowl_key': nothing here has secrets; name secrets.yaml"
    ]


def test_the_name_of_a_secret_leads_to_no_other_file(check, tmp_path) -> None:
    (tmp_path / "key").write_text("hunter2", encoding="utf-8")
    folder = tmp_path / "credentials"
    folder.mkdir()
    secrets = SiteSecrets(tmp_path / "none", {"CREDENTIALS_DIRECTORY": str(folder)})
    told = check(FLOW.replace("prowl_key", "../key"), secrets=secrets).findings
    assert [f.message for f in told] == [
        "a secret's name is letters, digits, _ and -, got '../key'; rename it"
    ]


def test_an_option_that_is_shown_takes_no_secret(headlines) -> None:
    told = headlines(FLOW.replace("{type", "{title: !secret prowl_key, type"))
    assert told == [
        "4:14: p: 'title' is shown to everybody, so it cannot be a !secret; write the text itself"
    ]


def test_no_finding_and_no_graph_shows_a_secret(check, tmp_path) -> None:
    file = secrets_file(tmp_path, "prowl_key: h2\n")
    broken = check(FLOW, secrets=SiteSecrets(file, {}))
    assert [f.message for f in broken.findings] == ["'key' must have at least 3 characters"]
    whole = check(FLOW)
    assert "hunter2" not in repr(whole)
    assert "hunter2" not in json.dumps([f.as_json() for f in check(FLOW + "  x: y\n").findings])


PLAIN = "is a secret, and stands here for all to read; put it into secrets.yaml, and write"


def test_a_secret_that_is_written_out_is_warned_of(headlines) -> None:
    assert headlines(FLOW.replace("!secret prowl_key", "hunter2")) == [
        f"4:24: warning: p: 'key' {PLAIN} '!secret key' here"
    ]


def test_a_secret_parameter_that_is_written_out_is_warned_of_where_it_stands(headlines) -> None:
    text = (
        "flow: f\nformat: 1\nnodes:\n  a: {type: 'flow:tell', token: hunter2, from: flow.errors}\n"
        "subflows:\n  tell:\n    params: {token: {type: secret}}\n    in: {what: Failure}\n"
        "    nodes:\n      p: {type: push, key: $(token), from: in.what}\n"
    )
    assert headlines(text) == [f"4:33: warning: a.p: 'key' {PLAIN} '!secret key' here"]
