"""The product."""

import gc
import os

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()  # until the first answer: nothing made while starting is garbage (common.observability)
