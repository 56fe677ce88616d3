# SPDX-License-Identifier: Apache-2.0
"""What instruments would have seen of the same power, and how much of its swing each hides."""

from powermodel.observers.instruments import instrument_names, observe_with
from powermodel.observers.meters import moving_means, transducer_samples
from powermodel.observers.observation import Observation, ObserverError, comparison
from powermodel.observers.panel import Reading, readings
from powermodel.observers.pmu import pmu, pmu_response
from powermodel.observers.waveform import Waveform, point_on_wave

__all__ = [
    "Observation",
    "ObserverError",
    "Reading",
    "Waveform",
    "comparison",
    "instrument_names",
    "moving_means",
    "observe_with",
    "pmu",
    "pmu_response",
    "point_on_wave",
    "readings",
    "transducer_samples",
]
