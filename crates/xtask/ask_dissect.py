"""What dissect.target says of an image, as JSON; `seconds` is without the start of Python and its imports."""

import json
import logging
import sys
import time

from dissect.target import Target

logging.disable(logging.CRITICAL)


def ask(target, name):
    try:
        return str(getattr(target, name) or "")
    except Exception as error:  # An answer that is a failure is no answer.
        return f"error: {type(error).__name__}"


def main():
    start = time.perf_counter()
    answer = {}
    try:
        target = Target.open(sys.argv[1])
        answer = {name: ask(target, name) for name in ("os", "version", "hostname", "architecture")}
    except Exception as error:
        answer = {"os": f"error: {type(error).__name__}"}
    answer["seconds"] = time.perf_counter() - start
    print(json.dumps(answer))


main()
