import sys

from lodespace.cli import main

sys.exit(main())
