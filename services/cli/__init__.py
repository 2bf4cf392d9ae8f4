"""The command line: an HTTP client of the product, one module per part of the work."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code, never a traceback for what a person can mend."""
    import click

    from services.cli import exits
    from services.cli.entry import timebooks
    from shared.kernel.errors import Failure

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = timebooks.main(given, prog_name="timebooks", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return exits.USAGE
    except click.ClickException as error:
        error.show()
        return exits.FAILED
    except (click.Abort, KeyboardInterrupt):
        return exits.INTERRUPTED
    except Failure as failure:
        return exits.tell(failure, as_json="--json" in given)
    return code if isinstance(code, int) else exits.DONE
