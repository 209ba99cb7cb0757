import pytest

from oppleo_flow.devices.meter_phases import phases_of_model
from oppleo_flow.devices.profile_files import built_in_models, meter_profile


@pytest.mark.parametrize("model", built_in_models())
def test_the_phases_are_those_of_the_profile(model):
    assert phases_of_model(model) == meter_profile(model).phases


def test_a_model_of_a_site_is_taken_to_have_three():
    assert phases_of_model("acme-1") == 3
