"""What the bench house needs that Home Assistant does not have."""
