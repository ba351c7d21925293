"""Three of our operations as a typical Lambda service would be written: Powertools' resolver with pydantic for what
comes in and goes out, boto3's table resource for what is kept. They read and write what ours do, so that the bench
compares like with like; they serve nothing else."""
