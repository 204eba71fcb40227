"""Rules of the repository that no linter knows. Every failure says the fix."""
