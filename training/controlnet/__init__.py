"""A painter learns a look from a folder of pictures with their edges: LoRA on its ControlNet, and on its UNet where asked."""
