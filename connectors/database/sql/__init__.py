"""What every table needs: the driver's errors, engines, COPY, columns that hold records, signs of work."""
