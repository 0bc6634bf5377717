"""``python -m nenreview``: the same command as ``nenreview``."""

from nenreview.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
