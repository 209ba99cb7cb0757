"""Seams to hardware: for each kind a protocol, the real driver and its two simulated twins."""
