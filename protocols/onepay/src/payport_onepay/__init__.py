"""What OnePay's gateways speak: one protocol behind three payment pages. Registers no gateway itself."""
