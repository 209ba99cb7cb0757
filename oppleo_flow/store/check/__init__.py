"""Whether what a site keeps is in order: files, tables, values, rows, and what is rolled up."""
