"""What the ledger books for each event of the requests' log: values in, values out."""
