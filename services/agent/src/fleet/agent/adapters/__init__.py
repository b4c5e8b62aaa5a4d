"""What an agent touches: one file per outside thing."""
