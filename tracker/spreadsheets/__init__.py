"""The month's sheet on its way out and back: `writing` makes the workbook, `reading` reads what is uploaded as text,
`importing` holds it against the ledger. None of them knows the admin."""
