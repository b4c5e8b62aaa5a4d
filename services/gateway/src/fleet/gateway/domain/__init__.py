"""What the gateway decides: how a question is read, and what a manifest lets its cluster see."""
