"""Networks as ONNX models of one tick: each op's own step, run on symbols."""
