"""What surrounds the functions: the template and its build, the embedded AWS, the local system, deployment."""
