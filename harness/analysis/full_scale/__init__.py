"""What moves with the memory scale, told at full scale from anchor runs in larger worlds."""
