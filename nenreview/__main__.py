"""Run the command ``nenreview`` with ``python -m nenreview``."""

from nenreview.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
