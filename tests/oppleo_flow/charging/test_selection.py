from oppleo_flow.charging.selection import EVERYTHING, Selection


def test_a_selection_is_read_back_from_its_key():
    of = Selection(card="the “red” one", cost_centre="Büro")
    assert Selection.parse(of.key) == of
    assert (EVERYTHING.key, Selection.parse("")) == ("", EVERYTHING)


def test_what_matters_is_said_in_the_order_in_which_it_is_asked():
    assert Selection(vehicle="van", card="family").said == (("card", "family"), ("vehicle", "van"))
