"""What an MFRC522 answers to its own test, and which versions of the chip there are.

Source: NXP, MFRC522 data sheet rev. 3.9, section 16.1.1 (the test) and 9.3.4.8 (the version); the
other versions are of chips that are sold in its place, and do what it does.
"""

from collections.abc import Mapping
from types import MappingProxyType

CHIPS: Mapping[int, str] = MappingProxyType(
    {
        0x91: "MFRC522 1.0",
        0x92: "MFRC522 2.0",
        0x90: "MFRC522 0.0",
        0x88: "FM17522, a chip like it",
        0x89: "FM17522E, a chip like it",
        0xB2: "FM17522, a chip like it",
        0x12: "a copy of the MFRC522",
    }
)
"""Version register → what the chip is."""

ANSWERS: Mapping[int, bytes] = MappingProxyType(
    {
        0x91: bytes.fromhex(
            "00c637d532b7575cc2d87c4dd970c77310e6d2aa5ea13e5a14af3061c970db2e"
            "642272b5bd65f4ec22bcd37235cdaa411fa7f35314de7e02d90fb55e251d2979"
        ),
        0x92: bytes.fromhex(
            "00eb66ba57bf2395d0e30d3d27895cde9d3ba700215b8982513aeb020ca50049"
            "7c844db3ccd21b815d4876d5716121a986968338cf9d5b6ddc15ba3e7d953b2f"
        ),
    }
)
"""Version register → what the genuine chip's FIFO holds after its test."""
