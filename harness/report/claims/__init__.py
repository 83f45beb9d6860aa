"""What is told of one claim, wherever it is told: on the page, in junit.xml, in a job's summary."""
