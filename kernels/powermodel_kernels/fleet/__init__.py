# SPDX-License-Identifier: Apache-2.0
"""Each accelerator's electrical power, summed to racks while it is computed."""
