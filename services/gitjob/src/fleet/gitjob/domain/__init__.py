"""What gitjob decides, without doing anything: values in, values out."""
