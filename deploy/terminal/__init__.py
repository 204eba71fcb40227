"""The terminal of people at a counter or in an agency: what they see and publish there."""
