"""Build the site of the documents, and print the handbook as PDF. The Makefile calls it.

Usage: `python docs/site/build.py [--handbook-only] [--out FOLDER]`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LANGUAGES = ("en", "es")
NO_CHROMIUM = "Chromium, which prints the handbook, is missing (on Debian: apt-get install chromium)"


def run_sphinx(builder: str, out: Path, *options: str, language: str = "") -> None:
    """Run Sphinx; a warning, such as of a broken link, is an error."""
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-j", "2", "-b", builder, "-c", str(HERE), *options]
    environment = os.environ | {"HANDBOOK_LANGUAGE": language}
    subprocess.run([*command, str(ROOT), str(out)], check=True, env=environment)


def print_handbook(language: str, chromium: str, out: Path) -> None:
    """Print one language of the handbook, with tags for screen readers and bookmarks."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        run_sphinx("singlehtml", Path(place), "-t", "handbook", "-d", f"{place}/doctrees", language=language)
        # Addresses of styles and pictures are meant for a page in the folder of the result.
        single = Path(place, "docs", "handbook", language, "README.html").rename(Path(place, "handbook.html"))
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(single.as_uri())
        page.pdf(path=out, prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        browser.close()
    sys.stdout.write(f"{out}: {out.stat().st_size / 1000:.0f} kB\n")


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the site of the documents, and print the handbook.")
    parser.add_argument("--handbook-only", action="store_true", help="print the handbook, build no site")
    parser.add_argument("--out", type=Path, default=ROOT / "var", help="folder of the results; var by default")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium:
        for language in LANGUAGES:
            print_handbook(language, chromium, options.out / f"handbook-{language}.pdf")
    elif options.handbook_only:
        sys.exit(f"{NO_CHROMIUM}.")
    else:
        sys.stdout.write(f"{NO_CHROMIUM}: the site has no PDF.\n")
    if not options.handbook_only:
        site = options.out / "site"
        pdfs = [str(pdf) for pdf in sorted(options.out.glob("handbook-*.pdf"))]
        shutil.rmtree(site, ignore_errors=True)  # without pages that were removed
        doctrees = options.out / "site-doctrees"
        run_sphinx("html", site, "-d", str(doctrees), "-D", f"html_extra_path={','.join(pdfs)}")
        sys.stdout.write(f"{site / 'index.html'}\n")


if __name__ == "__main__":
    main()
