"""One option of every kind, for the checker's tests."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, SecretStr

from oppleo_flow import Node, NodeConfig, Seconds, Share


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Circle(NodeConfig):
    shape: Literal["circle"]
    radius: float = Field(gt=0, description="Its radius.")


class Square(NodeConfig):
    shape: Literal["square"]
    side: float = Field(gt=0, description="Its side.")


class OptionsConfig(NodeConfig):
    whole: int | None = Field(None, description="A whole number.")
    number: float = Field(0.0, description="A number.")
    money: Decimal = Field(Decimal(0), max_digits=6, decimal_places=2, description="Money.")
    truth: bool = Field(False, description="On or off.")
    text: str = Field("", max_length=20, pattern="^[^!]*$", description="Text.")
    clock: time | None = Field(None, description="A time.")
    day: date | None = Field(None, description="A day.")
    moment: datetime | None = Field(None, description="A moment.")
    span: timedelta | None = Field(None, description="A span.")
    wait: Seconds = Field(0.0, description="A wait.")
    share: Share = Field(0.0, description="A share.")
    colour: Colour = Field(Colour.RED, description="A colour.")
    word: Literal["one", "two", 3] = Field("one", description="A word.")
    either: float | Literal["auto"] = Field("auto", description="A number or auto.")
    mixed: int | str = Field("", description="A number or text.")
    many: list[int] = Field([], max_length=3, description="Numbers.")
    named: dict[str, int] = Field({}, description="Numbers by name.")
    pair: tuple[int, str] | None = Field(None, description="A number and a text.")
    shape: Circle | Square | None = Field(None, description="A shape.")
    anything: Any = Field(None, description="Anything.")
    secret: SecretStr | None = Field(None, description="A secret.")


class Options(Node[OptionsConfig]):
    type_name = "options"
