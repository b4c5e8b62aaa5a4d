"""What runs where, and how far it is: decisions only, values in and values out."""
