"""A worker whose readers make little room for a batch, so that small ones try the bound."""

import runpy

from schemas import limits

#: Above every batch that the trial's own load makes.
UNPACKED_BYTES_MAX = 512 * 1024


def lowered(command: list[str]) -> list[str]:
    """Return the command that starts the same worker under the lowered bound."""
    python, flag, _module, *words = command
    return [python, flag, __spec__.name, *words]


if __name__ == "__main__":
    # Before anything is imported that takes its value.
    limits.BATCH_UNPACKED_BYTES_MAX = UNPACKED_BYTES_MAX
    runpy.run_module("deploy.cli", run_name="__main__")
