"""Finds the Chromium that the page tests drive, or installs it where that is possible without asking.

Exits 0 with a message when there is none, since the page tests are then skipped; exits 1 in that case when CI=true.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = """No Chromium was found: the tests of the pages are skipped. To run them, do one of
  apt-get install chromium           (Debian, Ubuntu)
  dnf install chromium               (Fedora)
  brew install --cask chromium       (macOS)
or set CHROMIUM to the path of a Chromium or Chrome that is there."""


def find_browser() -> str | None:
    """The browser's path; CHROMIUM, when it is set, is the only one looked at."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def install_browser() -> bool:
    """Only where it needs nobody's password: as root, with apt-get."""
    if os.environ.get("CHROMIUM") or not Path("/usr/bin/apt-get").exists() or os.geteuid() != 0:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            return False
    return True


def main() -> int:
    if find_browser() or (install_browser() and find_browser()):
        return 0
    print(ADVICE, file=sys.stderr)
    return 1 if os.environ.get("CI", "").lower() == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
