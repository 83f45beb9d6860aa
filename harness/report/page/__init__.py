"""report.html: one page that opens offline in any browser, made from a recording alone."""
