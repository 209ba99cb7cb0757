import pytest

from oppleo_flow.flowfile.versions import FlowSet


@pytest.mark.parametrize("folder", ["", "flows/", "/elsewhere/flows/"])
def test_a_flow_is_found_beside_the_one_that_leads_to_it(folder):
    flows = FlowSet(f"{folder}main.yaml", {f"{folder}main.yaml": "", f"{folder}wing.yaml": ""})
    assert flows.file_of("") == f"{folder}main.yaml"
    assert flows.file_of("wing/") == f"{folder}wing.yaml"
    assert flows.file_of("cellar/") is None
