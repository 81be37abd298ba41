"""Loads requests without the packages that it guesses character sets with.

They take 2.5 MiB, a seventeenth of a small plan. Answers are JSON, which is UTF-8 (RFC 8259):
nothing is guessed here, and requests needs them for nothing else. It goes without them where they
cannot be imported (since 2.32.2), with a warning that is meant for whoever did not install them.
"""

from __future__ import annotations

import sys
import warnings

_GUESSING = {"chardet", "charset_normalizer"} - {*sys.modules}

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection")
    # None is what an import takes for "not there". It is there again for whoever asks later.
    sys.modules.update(dict.fromkeys(_GUESSING))  # type: ignore[arg-type]
    try:
        import requests  # noqa: F401
    finally:
        for _name in _GUESSING:
            del sys.modules[_name]
