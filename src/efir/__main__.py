"""`python -m efir` is `efir`."""

import sys

from efir.bootstrap.main import main

if __name__ == "__main__":
    sys.exit(main())
