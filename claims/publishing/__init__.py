"""What a release is made of: plain functions from records to files, and back. No Django."""
