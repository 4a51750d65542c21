"""librdkafka without a log of its own: whatever its ``log_level``, it prints fatal errors, which ours say."""

import logging


def silent() -> logging.Logger:
    """For the ``logger`` of a client."""
    logger = logging.Logger("aura.librdkafka")
    logger.addHandler(logging.NullHandler())
    return logger
