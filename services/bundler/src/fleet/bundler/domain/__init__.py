"""What a tree at a commit means: pure decisions, values in and values out."""
