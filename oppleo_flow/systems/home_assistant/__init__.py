"""A charge point in Home Assistant: its entities, what they show, and what may be asked for."""
