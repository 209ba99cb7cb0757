"""Take over what an installation of Oppleo has: its ledger, its cards and users, and its site.

    with opened("postgresql://…/oppleo") as oppleo:
        import_oppleo(oppleo.source, ledger, settings, report)

`source` is what is read from, `cells` and `local_time` what its values mean; a module for each
table says what becomes of a row; `report` keeps what was changed, flagged or refused, row by row.
Nothing is guessed and nothing is dropped without a word.
"""
