"""The settings of the page: where it is served, and who may see it from where."""

from ipaddress import ip_address
from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oppleo_flow.accounts.networks import HOME, parse_network


def _address(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise ValueError(
            "an address of this machine is needed, such as 192.168.1.10; 0.0.0.0 means all of them"
        ) from None


def _network(text: str) -> str:
    return str(parse_network(text))


def _host_name(name: str) -> str:
    known = name.strip().lower()
    letters = known.replace("-", "").replace(".", "")
    if not known or not letters.isalnum() or not letters.isascii():
        raise ValueError("a host name such as garage.local is needed, without port or slash")
    return known


Network = Annotated[str, AfterValidator(_network)]


class WebSettings(BaseModel):
    """Where the page is served, and who may see it from where."""

    # Deferred: a start whose settings were checked before has no use for a validator.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)

    host: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1",
        description="The address to listen on, 0.0.0.0 for all; as long as there is no account, "
        "this machine only.",
    )
    port: int = Field(
        default=8080, ge=0, le=65535, description="The port; 0 takes any that is free."
    )
    names: tuple[Annotated[str, AfterValidator(_host_name)], ...] = Field(
        default=(),
        max_length=50,
        description="Host names by which it may be asked, besides its addresses and localhost.",
    )
    local_networks: tuple[Network, ...] = Field(
        default=HOME,
        max_length=50,
        description="Which networks are near; who comes from none of them is remote.",
    )
    remote: Literal["second-factor", "password", "refused"] = Field(
        default="second-factor",
        description="What a remote visitor must have: a second factor, a password, or no chance.",
    )
    second_factor: Literal["always", "remote"] = Field(
        default="always",
        description="When an account with a second factor is asked for it.",
    )
    proxies: tuple[Network, ...] = Field(
        default=(),
        max_length=50,
        description="Reverse proxies that are believed when they say for whom they ask.",
    )
    public_view: bool = Field(
        default=False,
        description="Show who has not signed in whether it is free, and no more.",
    )
    update_check: bool = Field(
        default=False,
        description="Ask the package index for newer versions, when somebody asks the page to.",
    )
    certificate: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="A file with the certificate chain in PEM, to serve HTTPS.",
    )
    key: str | None = Field(
        default=None,
        min_length=1,
        max_length=1000,
        description="A file with the certificate's private key in PEM.",
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are needed together")
        return self

    @property
    def certificate_files(self) -> tuple[PurePath, PurePath] | None:
        """Return the files of the certificate and its key; None without."""
        if self.certificate is None or self.key is None:
            return None
        return PurePath(self.certificate), PurePath(self.key)
