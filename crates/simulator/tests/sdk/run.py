"""Drives the simulator with the official SDKs: one scenario a run, named by the first argument.

Addresses come from the environment (OSS, ECS, RAM, STS, METADATA: host:port). Exits 3 where a package is missing.
"""

import sys

import ecs
import oss_first
import oss_second
import roles

MODULES = (oss_first, oss_second, ecs, roles)


def main(name):
    """`oss2_…_v1` and `oss2_…_v4` are one function each, under two signatures."""
    base, _, version = name.rpartition("_")
    for module in MODULES:
        if hasattr(module, name):
            getattr(module, name)()
            return
        if version in ("v1", "v4") and hasattr(module, base):
            getattr(module, base)(version)
            return
    sys.exit(f"no such scenario: {name}")


if __name__ == "__main__":
    main(sys.argv[1])
    print("done")
