"""Makes one cluster run what its manifest says and reports the truth."""
