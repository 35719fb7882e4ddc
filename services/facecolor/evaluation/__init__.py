"""What the models of this service are measured with: heads boxed by hand."""
