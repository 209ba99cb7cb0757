"""Texts in a YAML file, whatever is in them."""

import sys

import yaml


def quoted(text: str) -> str:
    """Return a text as YAML has it between quotes, on one line."""
    written: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize)
    return written.rstrip("\n")
