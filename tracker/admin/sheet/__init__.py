"""月度填报表: the sheet of one month, filled in on its page or in a workbook."""
