"""Configuration of Sphinx for `make site` and `make handbook`.

The source folder is the root of the repository, so that a link between two documents has the same target on the
site. The tag `handbook` builds one language of the handbook as a single page to print.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.util.tags import Tags

    tags: Tags  # Sphinx defines it before it runs this file

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))


def _theme_variables(tokens: dict[str, str]) -> dict[str, str]:
    """Return the variables of the theme for one set of the product's design tokens."""
    return {
        "color-brand-primary": tokens["primary"],
        "color-brand-content": tokens["link"],
        "color-brand-visited": tokens["link"],
        "color-background-primary": tokens["paper"],
        "color-background-secondary": tokens["sunken"],
        "color-background-hover": tokens["primary-tint"],
        "color-background-border": tokens["rule"],
        "color-foreground-primary": tokens["ink"],
        "color-foreground-secondary": tokens["ink-soft"],
        "color-foreground-muted": tokens["ink-soft"],
        "color-foreground-border": tokens["edge"],
        "color-inline-code-background": tokens["sunken"],
        "color-highlight-on-target": tokens["warn-tint"],
    }


def _design_tokens() -> tuple[dict[str, str], dict[str, str]]:
    """Read the colours of the light and the dark theme from the product's own file."""
    text = (ROOT / "static" / "core" / "design_tokens.css").read_text()
    light, _, rest = text.partition("@media (prefers-color-scheme: dark)")
    colours = [
        dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", part)) for part in (light, rest.partition("\n}")[0])
    ]
    return colours[0], colours[0] | colours[1]


_project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_light, _dark = _design_tokens()

project = "Office 360"
version = release = _project["version"]
html_title = f"{project} {version}"

extensions = ["myst_parser", "site_pages"]
include_patterns = ["*.md", "benchmarks/*.md", "docs/**"]
exclude_patterns = [".*", "build", "dist", "node_modules", "tests", "var", "docs/site"]
root_doc = "docs/index"
source_suffix = {".md": "markdown"}
source_files = os.environ.get("SOURCE_FILES", "")

myst_heading_anchors = 4  # the anchors of GitHub
myst_enable_extensions = ["attrs_block"]
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure", "myst.header"]  # a page may begin with a deeper heading

html_theme = "furo"
html_theme_options = {
    "light_css_variables": _theme_variables(_light),
    "dark_css_variables": _theme_variables(_dark),
    "top_of_page_buttons": [],
}
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["search_accents.js"]
html_favicon = str(ROOT / "static" / "core" / "logo.svg")
templates_path = ["templates"]
html_additional_pages = {"index": "redirect.html"}  # the pages keep the folders of the repository
html_sidebars = {
    "**": [
        "brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_copy_source = False
html_show_copyright = False
html_use_index = False
html_domain_indices = False

if tags.has("handbook"):  # noqa: F821
    language = os.environ["HANDBOOK_LANGUAGE"]
    root_doc = f"docs/handbook/{language}/README"
    html_title = (ROOT / f"{root_doc}.md").read_text().partition("\n")[0].removeprefix("# ")
    html_permalinks = False
    include_patterns = [f"docs/handbook/{language}/*.md"]
    html_theme, html_theme_options = "basic", {}
    templates_path = ["templates/print"]
    html_css_files, html_js_files = ["handbook_print.css"], []
    html_additional_pages = {}
    html_sidebars = {"**": []}
