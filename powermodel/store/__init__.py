# SPDX-License-Identifier: Apache-2.0
"""A run on disk: Zarr v3, written block by block, resumed to the same bytes, read with xarray."""

from powermodel.store.layout import StoreLayout
from powermodel.store.progress import Damage
from powermodel.store.reader import open_run, verify
from powermodel.store.state import State
from powermodel.store.writer import StoreWriter

__all__ = ["Damage", "State", "StoreLayout", "StoreWriter", "open_run", "verify"]
