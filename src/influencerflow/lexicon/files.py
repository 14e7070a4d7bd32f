"""The lexicon's data files."""

import tomllib
from importlib.resources import files
from typing import Any


def read_data(name: str) -> dict[str, Any]:
    return tomllib.loads((files("influencerflow.lexicon") / "data" / name).read_text(encoding="utf-8"))
