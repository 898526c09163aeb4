"""``python -m inrbench`` is the command ``inrbench``."""

from inrbench.bench.cli import main

raise SystemExit(main())
