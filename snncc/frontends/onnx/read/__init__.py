"""ONNX files and exported programs: opened with care, and run beside what was made of them."""
