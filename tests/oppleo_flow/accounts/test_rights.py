"""What each role may."""

import pytest

from oppleo_flow.accounts.rights import RIGHTS, Right, Role, allows

TABLE = {
    Right.ANYONE: {None, *Role},
    Right.SIGNED_IN: {*Role},
    Right.LOOK: {Role.VIEWER, Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.OWN: {*Role},
    Right.CHARGE: {Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.KEEP_BOOKS: {Role.OPERATOR, Role.EDITOR, Role.ADMIN},
    Right.EDIT: {Role.EDITOR, Role.ADMIN},
    Right.ADMINISTER: {Role.ADMIN},
}


@pytest.mark.parametrize("right", Right)
def test_a_right_is_that_of_these_roles(right):
    assert {role for role in (None, *Role) if allows(RIGHTS[role], right)} == TABLE[right]


def test_every_role_has_its_rights():
    assert set(RIGHTS) == {None, *Role}
