"""The domain, pure: cards, session rules, calendars, prices, statements.

No I/O and no clock: whoever calls brings the time.
"""
