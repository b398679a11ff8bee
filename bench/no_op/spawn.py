"""What a process costs on this machine without mer: posix_spawn and wait, one loop for each core."""

import os
import time


def loop(words: list[str], count: int) -> None:
    nothing = [(os.POSIX_SPAWN_OPEN, descriptor, "/dev/null", os.O_RDWR, 0) for descriptor in (0, 1, 2, 3)]
    for _ in range(count):
        os.waitpid(os.posix_spawn(words[0], words, os.environ, file_actions=nothing), 0)


def rate(words: list[str], count: int, cores: int) -> float:
    """Processes a second, all loops together."""
    begin = time.perf_counter()
    loops = []
    for _ in range(cores):
        child = os.fork()
        if child == 0:
            loop(words, count // cores)
            os._exit(0)
        loops.append(child)
    for child in loops:
        os.waitpid(child, 0)
    return count // cores * cores / (time.perf_counter() - begin)
