"""What happened to money, in chains of hashes under a signed head. Pure but for the sealing key."""
