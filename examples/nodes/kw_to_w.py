"""Turn a power in kW into W."""

from oppleo_flow import Example, node


@node("kw-to-w", examples=[Example(send=[0.5, 11.0], expect={"out": [500.0, 11_000.0]})])
def kw_to_w(kw: float, *, factor: float = 1000) -> float:
    return kw * factor
