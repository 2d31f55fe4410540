"""Past and current values: fetch them page by page, write them to tables, plot them."""
