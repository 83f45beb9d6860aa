"""What the pictures are drawn with: the page, the looks, the lettering, the axes."""
