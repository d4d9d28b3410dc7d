"""How Sphinx builds the site: ``make docs``. Pages that are generated come from ``writers/`` and lie in ``made/``."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(HERE)]

project = "chalkgrad"
author = "The chalkgrad authors"
copyright = author
html_title = "chalkgrad"

extensions = ["myst_parser", "writers"]
root_doc = "index"
exclude_patterns = ["writers", "_build", "try-it"]
nitpicky = True
smartquotes = False  # quotes are written as they are meant
toc_object_entries = False  # the pages of the reference have a list of their own at the top
suppress_warnings = ["myst.header", "config.cache"]  # generated pages begin where they like; settings hold functions

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "attrs_block", "attrs_inline", "colon_fence"]
myst_heading_anchors = 4
myst_dmath_double_inline = True
myst_dmath_allow_labels = False

html_theme = "furo"
html_static_path = ["_static", "made/static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_baseurl = ""
html_math_renderer = "mathml"
html_theme_options = {"navigation_with_keys": False, "sidebar_hide_name": False}
