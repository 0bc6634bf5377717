"""Run the command ``nenreview``: ``python -m nenreview`` does the same."""

from qmdbook.__main__ import run


def main() -> int:
    """Run the command, and return its exit status."""
    return run("nenreview.cli")


if __name__ == "__main__":
    raise SystemExit(main())
