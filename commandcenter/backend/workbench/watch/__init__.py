"""Watch: tells everybody who asks which paths in the folder changed."""
