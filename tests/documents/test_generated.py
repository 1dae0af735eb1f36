"""What a script writes from the code is committed as the code stands."""

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]


def test_generated_documents_equal_what_the_code_gives() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=TOP, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
