"""What the server holds for the capture guards of desktops: levels, a stronger mark, the ledger of alarms."""
