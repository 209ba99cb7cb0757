import pytest

from oppleo_flow.errors import ConfigError
from oppleo_flow.oppleo_import.ini import OppleoIni


def ini(text: str) -> OppleoIni:
    return OppleoIni.parse(text, "oppleo.ini")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("100% sure", "100% sure", id="R11: a percent sign is a sign as any other"),
        pytest.param("''", "", id="two quotes are nothing"),
        pytest.param("  plain  ", "plain", id="space around it is nothing"),
        pytest.param("a=b:c", "a=b:c", id="an equals sign belongs to it"),
        pytest.param("", "", id="nothing is nothing"),
    ],
)
def test_a_value_is_what_stands_there(value, text):
    assert ini(f"[Oppleo]\nMQTT_password = {value}\n").text("mqtt_password") == text


@pytest.mark.parametrize(
    ("word", "flag"), [("True", True), ("on", True), ("no", False), ("0", False), ("maybe", None)]
)
def test_a_flag_is_a_yes_or_a_no_in_the_usual_words(word, flag):
    assert ini(f"[Oppleo]\nbuzzer = {word}\n").flag("buzzer") is flag


def test_a_file_from_windows_and_one_with_a_key_twice_can_be_read():
    assert ini("\ufeff[Oppleo]\r\nbuzzer = on\r\nbuzzer = off\r\n").flag("buzzer") is False


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[Other]\na = b\n", "it has no section [Oppleo]"),
        ("database_url = postgresql://me:geheim@nas/oppleo\n", "line 1 is in no section"),
        ("[Oppleo]\n= geheim\n[", "line 2 is no setting"),
    ],
)
def test_another_file_is_told(text, why):
    with pytest.raises(ConfigError) as error:
        ini(text)
    assert str(error.value) == f"oppleo.ini: is no settings file of Oppleo: {why}"
