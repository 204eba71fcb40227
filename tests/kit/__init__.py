"""What several suites of tests are made from."""
