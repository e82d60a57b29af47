"""`amtsweg bench`: what a durable step costs here, beside what the database alone and other ways of writing cost."""
