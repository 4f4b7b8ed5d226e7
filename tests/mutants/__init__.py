"""How strong the tests are: sampled mutants of the compiler, and why those that live do."""
