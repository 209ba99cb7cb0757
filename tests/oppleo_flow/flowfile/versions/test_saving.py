"""Files that are written together: all of them, or each is as it was."""

import pytest

from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.versions.saving import save


def test_texts_are_written_and_nothing_else_is_left(tmp_path):
    save({tmp_path / "a.yaml": "a: 1\r\n", tmp_path / "deep" / "b.yaml": "\ufeffb: 2\n"})
    assert (tmp_path / "a.yaml").read_bytes() == b"a: 1\r\n"
    assert (tmp_path / "deep" / "b.yaml").read_bytes() == b"\xef\xbb\xbfb: 2\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.yaml", "b.yaml", "deep"]


@pytest.mark.parametrize(
    "in_the_way",
    [
        pytest.param(".last.yaml.new", id="a draft that cannot be written"),
        pytest.param("last.yaml", id="a place that cannot be taken"),
    ],
)
def test_when_one_cannot_be_written_each_holds_what_it_held_before(tmp_path, in_the_way):
    first, fresh = tmp_path / "first.yaml", tmp_path / "fresh.yaml"
    first.write_bytes(b"\xef\xbb\xbfold: 1\r\n")
    first.chmod(0o640)
    (tmp_path / in_the_way).mkdir()
    with pytest.raises(StoreError, match="cannot be written: is a directory"):
        save({first: "new: 1\n", fresh: "new: 2\n", tmp_path / "last.yaml": "new: 3\n"})
    assert first.read_bytes() == b"\xef\xbb\xbfold: 1\r\n"
    assert first.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([first.name, in_the_way])
