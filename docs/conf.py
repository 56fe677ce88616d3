# SPDX-License-Identifier: Apache-2.0
"""How the documentation is built."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "powermodel"
author = "The powermodel developers"
copyright = "2026, the powermodel developers"
release = installed_version("powermodel")
version = release

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
    "sphinx_copybutton",
    "powermodel_directives",
]
exclude_patterns = ["_build", "_ext", "gallery/README.rst", "gallery/*.py"]
nitpicky = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# Only plot_*.py are run; each page is a figure that anyone can make again.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    # Two levels down, where the scripts of the last build are not taken for examples.
    "gallery_dirs": "gallery/generated/pages",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"(^|/)(?!plot_)[^/]*\.py$",
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "remove_config_comments": True,
}

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True

# What a reader opens must work without a network: no fonts, scripts or badges from elsewhere.
html_theme = "alabaster"
html_title = f"powermodel {release}"
html_theme_options = {
    "description": "The load of AI training sites, millisecond by millisecond",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "230px",
}
html_show_sourcelink = False
