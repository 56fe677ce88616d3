# SPDX-License-Identifier: Apache-2.0
"""What the grid does under the site: a two-area screen, cases of ANDES, feeders of OpenDSS.

Studies are scored by `powermodel.response.study`.
"""

from powermodel.response.curve import GridResponse, Mode
from powermodel.response.errors import ResponseError
from powermodel.response.feeder import FeederPlay, feeder_table, play_into_feeder
from powermodel.response.marks import Mark, marks
from powermodel.response.network import (
    NetworkCase,
    NetworkPlay,
    network_response,
    play_into_network,
)
from powermodel.response.score import LineAnswer, Score, score
from powermodel.response.table import COLUMNS, response_table
from powermodel.response.twoarea import TwoAreaPlay, played, two_area_response

__all__ = [
    "COLUMNS",
    "FeederPlay",
    "GridResponse",
    "LineAnswer",
    "Mark",
    "Mode",
    "NetworkCase",
    "NetworkPlay",
    "ResponseError",
    "Score",
    "TwoAreaPlay",
    "feeder_table",
    "marks",
    "network_response",
    "play_into_feeder",
    "play_into_network",
    "played",
    "response_table",
    "score",
    "two_area_response",
]
