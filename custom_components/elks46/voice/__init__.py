"""The voice of a call: what is heard and said while it lasts, over a socket of 46elks."""
