"""What script/bench runs: figures of elks46, each beside what Home Assistant itself does in the same run."""
