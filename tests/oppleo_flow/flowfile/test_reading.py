import os
from pathlib import Path

import pytest

from oppleo_flow.flowfile import check_file
from oppleo_flow.registry import Registry


def rendered(path: Path, registry: Registry) -> list[str]:
    result = check_file(path, registry)
    assert result.graph is None
    return [f.render() for f in result.findings]


def test_a_file_is_checked_under_its_own_name(tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("flow: f\nformat: 1\nnodes: {p: {type: plug}}\n", encoding="utf-8")
    assert check_file(str(file), registry).graph.file == str(file)


def test_a_file_that_is_not_there_is_a_finding(tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "none.yaml"
    assert rendered(file, registry) == [
        f"{file}:1:1: the file cannot be read: no such file or directory"
    ]


def test_a_folder_is_a_finding(tmp_path: Path, registry: Registry) -> None:
    assert rendered(tmp_path, registry) == [
        f"{tmp_path}:1:1: the file cannot be read: is a directory"
    ]


def test_a_pipe_and_a_device_are_findings(tmp_path: Path, registry: Registry) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/null")):
        assert rendered(path, registry) == [
            f"{path}:1:1: the file cannot be read: not a regular file"
        ]


def test_a_path_that_no_file_can_have_is_a_finding(registry: Registry) -> None:
    assert rendered(Path("a\0b"), registry) == [
        "a\0b:1:1: the file cannot be read: embedded null byte"
    ]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        pytest.param(b"flow: f\ndoc: caf\xe9\n", "2:9", id="in the second line"),
        pytest.param(b"\xff\xfef\0", "1:1", id="another encoding"),
    ],
)
def test_bytes_that_are_no_text_are_a_finding(tmp_path, registry, data: bytes, place: str) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(data)
    byte = "e9" if place == "2:9" else "ff"
    assert rendered(file, registry) == [
        f"{file}:{place}: the byte 0x{byte} is not UTF-8; save the file as UTF-8"
    ]


def test_a_file_of_ten_megabytes_is_a_finding(tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"#" * 10_000_000)
    assert rendered(file, registry) == [
        f"{file}:1:1: the file is 10.0 MB, and at most 2 MB is read; split it into several flows"
    ]
