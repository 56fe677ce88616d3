# SPDX-License-Identifier: Apache-2.0
"""The kind of record that holds the parameters of a planners' load model."""

from __future__ import annotations

from powermodel_datasets.spec import Field, Kind


def _pu(text: str, low: float = -10.0, high: float = 100.0) -> Field:
    return Field(text, "1", low, high)


def _time(text: str) -> Field:
    return Field(text, "s", 0, 1e4)


PERC1_NAMES = {
    "load_factor": "Lfm",
    "reactive_ratio": "QPratio",
    "frequency_droop": "Kdroop",
    "voltage_gain_p": "Kvp",
    "voltage_time_p": "Tvp",
    "voltage_gain_q": "Kvq",
    "voltage_time_q": "Tvq",
    "exponent_p": "nP",
    "exponent_q": "nQ",
    "current_p_max": "Ipmax",
    "current_p_min": "Ipmin",
    "current_q_max": "Iqmax",
    "current_q_min": "Iqmin",
    "cease_share": "Fcease",
    "cease_voltage": "Vcease",
    "cease_time": "Tcease",
    "delay_time": "Tdelay",
    "reconnect_voltage": "Vrecon",
    "reconnect_time": "Trecon",
    "ramp": "Tramp",
    "reconnect_share": "Frecon",
    "terminal_time": "Tt",
    "voltage_filter_time": "Tv",
    "frequency_filter_time": "Tf",
}
"""Names of the parameters in the tools."""

LOAD_MODEL = Kind(
    title="Load model of planners: parameters of power-electronic load (PERC1)",
    fields={
        "load_factor": _pu("loading of the model's base"),
        "reactive_ratio": _pu("reactive over active power"),
        "frequency_droop": _pu("gain of power on frequency"),
        "voltage_gain_p": _pu("gain of active power on voltage"),
        "voltage_time_p": _time("time constant of the same"),
        "voltage_gain_q": _pu("gain of reactive power on voltage"),
        "voltage_time_q": _time("time constant of the same"),
        "exponent_p": _pu("exponent of active power on voltage"),
        "exponent_q": _pu("exponent of reactive power on voltage"),
        "current_p_max": _pu("largest active current"),
        "current_p_min": _pu("smallest active current"),
        "current_q_max": _pu("largest reactive current"),
        "current_q_min": _pu("smallest reactive current"),
        "cease_share": _pu("share that ceases", 0, 1),
        "cease_voltage": _pu("voltage below which it ceases", 0, 1.5),
        "cease_time": _time("time after which it ceases"),
        "delay_time": _time("delay of the current"),
        "reconnect_voltage": _pu("voltage above which it returns", 0, 1.5),
        "reconnect_time": _time("time after which it returns"),
        "ramp": _pu("return; PERC1 uses it as a rate per second, later models as a time", 0),
        "reconnect_share": _pu("share that returns", 0, 1),
        "terminal_time": _time("time constant of the terminal current"),
        "voltage_filter_time": _time("time constant of the measured voltage"),
        "frequency_filter_time": _time("time constant of the measured frequency"),
    },
)
