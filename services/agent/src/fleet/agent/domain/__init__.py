"""What an agent decides: values in, values out, nothing touched."""
