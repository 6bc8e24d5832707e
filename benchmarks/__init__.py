"""What is measured, and shown: not part of the wheel, not run by the tests."""
