"""What is different, by id: values in, findings out."""
