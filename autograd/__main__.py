"""``python -m autograd COMMAND``: what the library does from the command line."""

import argparse
import signal
import sys


def parser() -> argparse.ArgumentParser:
    """All commands."""
    from . import __version__, shell
    from .teaching import command

    top = argparse.ArgumentParser(
        prog="python -m autograd",
        description="Automatic differentiation: graphs drawn, derivations checked, exercises made and marked.",
        epilog="python -m autograd COMMAND --help says more, with examples. It is also installed as chalkgrad.",
    )
    top.add_argument("--version", action="version", version=f"chalkgrad {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    shell.add(commands)
    command.add(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run a command; its exit status: 0 done, 1 it could not be done, 2 wrong arguments, 130 interrupted."""
    top = parser()
    options, rest = top.parse_known_args(argv, argparse.Namespace(takes_all=False))
    options.arguments = rest
    if rest and not options.takes_all:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    try:
        return options.run(options)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C has nothing left to stop
        print("\nStopped. Every file that was written is whole.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
