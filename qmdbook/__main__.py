"""``python -m qmdbook``: the same command as ``qmdbook``."""

from qmdbook.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
