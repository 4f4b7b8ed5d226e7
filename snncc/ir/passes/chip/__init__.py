"""Passes for what simple cores lack: ways of resetting and comparing, signs, precisions."""
