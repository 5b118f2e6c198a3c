"""A house to try elks46 in: Home Assistant and a stand-in for 46elks, each a process of its own."""
