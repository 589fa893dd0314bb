"""What runs beside a submission, in the child process: the standard library and NumPy, nothing else of netcore."""
