"""Run the command line of qmdbook: ``python -m qmdbook`` does the same as ``qmdbook``."""

from importlib import import_module

INTERRUPTED = 130  # exit status of a program that Ctrl-C ends


def run(module: str) -> int:
    """Run the function `main` of a module; an interrupt as it is imported shows no traceback."""
    try:
        return import_module(module).main()
    except KeyboardInterrupt:
        return INTERRUPTED


def main() -> int:
    """Run the command, and return its exit status."""
    return run("qmdbook.cli")


if __name__ == "__main__":
    raise SystemExit(main())
