"""What the targeter decides, for inputs recorded elsewhere: one JSON object a line in, one a line out."""
