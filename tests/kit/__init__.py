"""The test kit: real sshd, source trees, an independent oracle, fault injection. No code of pobsync."""
