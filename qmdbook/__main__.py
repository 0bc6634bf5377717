"""Run the command line of qmdbook: ``python -m qmdbook`` does the same as ``qmdbook``."""

from qmdbook.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
