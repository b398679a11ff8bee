"""The parts of bench/orchestration.py."""
