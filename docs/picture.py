"""Takes the picture of the README: `python docs/picture.py DEMO_FOLDER OUT.png` (needs Chromium on the path)."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-sync")
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-quic")


def main(demo: Path, out: Path) -> None:
    """Photograph the first page of the issue that the demo printed."""
    page = next(demo.glob("issues/*/issue.html")).resolve()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("picture: no chromium on the path; install Debian's package chromium")
    with tempfile.TemporaryDirectory() as profile:
        where = (f"--user-data-dir={profile}", f"--screenshot={out.resolve()}", "--window-size=800,1120")
        subprocess.run([browser, *FLAGS, *QUIET, *where, page.as_uri()], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
