"""Run the command line of qmdbook: ``python -m qmdbook`` does the same as ``qmdbook``."""

INTERRUPTED = 130  # exit status of a program that Ctrl-C ends


def main() -> int:
    """Run the command, and return its exit status, also if it is interrupted as it begins."""
    try:
        from qmdbook.cli import main as command

        return command()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    raise SystemExit(main())
