"""Make ``.venv`` and install one requirements file into it; where nothing has changed since, do nothing.

``python3 tools/environment.py requirements.txt``. Standard library only: it runs before there is anything else.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"


def python_in(venv):
    return venv / ("Scripts" if os.name == "nt" else "bin") / "python"


PYTHON = python_in(VENV)
# What asks for other versions than the rest has an environment of its own.
OTHER_VENVS = {"requirements-aif.txt": ROOT / ".venv-aif"}
OLDEST = (3, 11)
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14")


def fitting_python():
    """Return the command of a Python that is new enough: this one, or another that is installed beside it."""
    if sys.version_info >= OLDEST:
        return sys.executable
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        running = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"Rejoinder needs Python 3.11 or later; this is {running}, and no newer one is on the PATH.")
    return found


def works(python):
    """Whether the environment's own Python starts; one whose Python was removed or moved does not."""
    try:
        return subprocess.call([str(python), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv(venv):
    if works(python_in(venv)):
        return
    python = fitting_python()
    print(f"Making {venv.name}", flush=True)
    if subprocess.call([python, "-m", "venv", "--clear", str(venv)]):
        sys.exit(f"Python could not make {venv.name}; on Debian and Ubuntu: apt install python3-venv")


def digest(path, seen=()):
    """Return the digest of a requirements file and of those it names with ``-r``."""
    text = path.read_text(encoding="utf-8")
    named = [line.split(None, 1)[1].strip() for line in text.splitlines() if line.startswith("-r ")]
    parts = [digest(path.parent / name, (*seen, path)) for name in named if path.parent / name not in seen]
    return hashlib.sha256("\n".join([text, *parts]).encode()).hexdigest()


def ensure(name):
    """Install the pinned packages of ``name``, checked against their hashes, unless they are there."""
    venv = OTHER_VENVS.get(name, VENV)
    make_venv(venv)
    wanted, stamp = digest(ROOT / name), venv / (name + ".sha256")
    if stamp.exists() and stamp.read_text().strip() == wanted:
        return
    print(f"Installing what {name} lists; the first time this takes a few minutes", flush=True)
    pip = [str(python_in(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.call([*pip, "--require-hashes", "-r", str(ROOT / name)]):
        sys.exit(f"The packages of {name} could not be installed; the reason is above.")
    stamp.write_text(wanted + "\n")


if __name__ == "__main__":
    for requirements in sys.argv[1:] or ["requirements.txt"]:
        ensure(requirements)
