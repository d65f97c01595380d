"""How long everything takes and how much it holds, measured on the machine at hand."""
