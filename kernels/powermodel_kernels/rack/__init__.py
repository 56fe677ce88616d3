# SPDX-License-Identifier: Apache-2.0
"""Stages of a rack that remember: the energy store on its DC bus, and its battery backup."""
