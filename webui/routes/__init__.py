"""Every address that the web interface answers, a row each; `table` has them all.

Nothing is imported here: what machines watch is answered before the rest is loaded.
"""
