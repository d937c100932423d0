"""Measurements of speed, memory and accuracy. Run all of them with ``python -m benchmarks``."""
