#!/usr/bin/env python3
"""Takes the committed subset out of the text goldens: python3 make.py GOLDENS_FOLDER

Only texts that were written for the set or are in the public domain: the UDHR and the Korean constitution.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from subset import Subset  # noqa: E402

FREE = ("systematic", "udhr2", "kolaw")

if __name__ == "__main__":
    Subset(__file__).write_free("ko", FREE)
