"""The harness: suite → plan → jobs → training → parquet. Importing it does not import torch."""
