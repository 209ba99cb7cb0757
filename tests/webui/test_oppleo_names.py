"""Each setting that Oppleo's own page had is found by its name, or known to be no more."""

import pytest

from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.node_spec import refs
from oppleo_flow.registry import Registry
from webui.oppleo_names import ELSEWHERE, NAMES
from webui.setting_fields import fields_of

REGISTRY = Registry(["nodes"])
SPECS = {**REGISTRY.nodes(), **REGISTRY.connections()}
# By the tabs of its page.
SETTINGS = """
chargerNameText chargerID factorWhkm chargerTariff receiptPrefix offpeakEnabled allowPeakOnePeriod
offPeakAddHolidayEntry offPeakDeleteEntry webChargeOnDashboard authWebCharge autoSessionEnabled
autoSessionMinutes autoSessionEnergy autoSessionCondenseSameOdometer vehicleDataOnDashboard
wakeupVehicleOnDataRequest restrictMenu restrictDashboardAccess allowLocalDashboardAccess

energyDeviceEnabled port_name slave_address mode baudrate bytesize stopbits parity serial_timeout
debug close_port_after_each_call modbusConfig modbusInterval

httpPort httpTimeout

DATABASE_URL onDbFailureAllowRestart onDbFailureMagicPassword onDbFailureAllowUrlChange
onDbFailureShowCurrentUrl

prowlEnabled prowlApiKey pushoverEnabled pushoverApiKey pushoverUserKey pushoverDevice
pushoverSound mqttOutboundEnabled mqttHost mqttPort mqttUsername mqttPassword
homeAssistantMqttEnabled homeAssistantMqttHost homeAssistantMqttPort homeAssistantMqttUsername
homeAssistantMqttPassword

gpioMode oppleoLedEnabled pinLedRed pinLedGreen pinLedBlue buzzerEnabled pinBuzzer
evseSwitchEnabled pinEvseSwitch evseLedReaderEnabled pinEvseLed rfidEnabled pulseLedMin pulseLedMax
logFile logLevel logMaxBytes logBackupCount PYTHONPATH

backupLocalHistory backupEnabled backupInterval backupTimeOfDay osBackupHistory osBackupEnabled
"""
NO_MORE = {
    "autoSessionCondenseSameOdometer": "no session is deleted",
    "mode": "Modbus is spoken as RTU",
    "bytesize": "Modbus RTU has eight bits",
    "debug": "frames are shown while somebody listens",
    "close_port_after_each_call": "a port stays open, and is opened again when it fails",
    "httpTimeout": "no request waits for another",
    "onDbFailureAllowRestart": "the ledger is a file on the machine itself",
    "onDbFailureMagicPassword": "there is no password that everybody knows",
    "onDbFailureAllowUrlChange": "the ledger is a file on the machine itself",
    "onDbFailureShowCurrentUrl": "the ledger is a file on the machine itself",
    "gpioMode": "pins have the numbers of their GPIO",
    "logFile": "the log is in a folder of the site",
    "PYTHONPATH": "own nodes stand in a folder of the site",
}


def options(type_name):
    """Return the options of a type as a form has them; of the site as well."""
    if type_name == "site":
        return {one.name for one in fields_of(SiteSettings, nested=True)}
    config = SPECS[type_name].config
    return {one.name for one in fields_of(config, tuple(refs(config)))}


@pytest.mark.parametrize("name", SETTINGS.split())
def test_a_setting_of_oppleo_has_its_place_or_is_no_more(name):
    found = {one for names in NAMES.values() for one in names} | set(ELSEWHERE)
    assert (name in found) is not (name in NO_MORE)


@pytest.mark.parametrize("place", NAMES)
def test_its_place_is_an_option_that_there_is(place):
    type_name, _, option = place.partition(".")
    assert option in options(type_name)
