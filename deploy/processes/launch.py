"""Become another program that dies with the parent, and that does not run as root if a user is named.

Run as a plain script, isolated and without site packages (it takes milliseconds):
`python -I -S launch.py PARENT_PID DEATH_SIGNAL USER_ID|- PROGRAM ARGUMENT...`; it uses the standard library alone.

Why a program of its own: the kernel's parent-death signal must be asked for by the child, and a function that runs
between fork and exec in a process with threads can deadlock.
"""

import ctypes
import os
import sys

# linux/prctl.h and linux/capability.h
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1


def drop_root(libc: ctypes.CDLL, user_id: int) -> None:
    """Run as `user_id`, keeping of root's powers only the passage through folders that are closed to others.

    PostgreSQL refuses to run as root, yet its programs and data may lie below a home folder that only root may enter.
    The alternative, opening that folder to everybody, would change something that is not ours.
    """
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user_id, user_id, user_id)
    os.setresuid(user_id, user_id, user_id)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    mask = 1 << CAP_DAC_OVERRIDE
    # Two 32-bit halves, each: effective, permitted, inheritable.
    data = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    # In a container that withholds this power both calls fail, and the plain user has to do.
    if libc.capset(header, data) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def main(arguments: list[str]) -> None:
    """Never returns: the process becomes the program, or ends because its parent is gone."""
    parent_id, death_signal, user = int(arguments[0]), int(arguments[1]), arguments[2]
    program = arguments[3:]
    # What a child writes below the data directory is nobody else's to read, whatever the modes of the folders above.
    os.umask(0o077)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if user != "-":
            drop_root(libc, int(user))
        # After the change of user, which clears it.
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    elif user != "-":
        os.setgid(int(user))
        os.setuid(int(user))
    if os.getppid() != parent_id:
        # The parent died before the signal was asked for.
        sys.exit(1)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
