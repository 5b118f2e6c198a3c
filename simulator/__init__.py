"""A stand-in for 46elks and the phones it reaches.

It speaks 46elks' HTTP API under `/a1/`, is steered under `/simulator/`, and shows its phones at `/`.
"""
