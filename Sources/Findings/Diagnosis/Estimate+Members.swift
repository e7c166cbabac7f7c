// An estimate whose three numbers stand among the members of a larger object.

extension KeyedEncodingContainer {
  mutating func encode(_ estimate: Estimate, _ value: Key, _ low: Key, _ high: Key) throws {
    try encode(estimate.value, forKey: value)
    try encode(estimate.low, forKey: low)
    try encode(estimate.high, forKey: high)
  }
}

extension KeyedDecodingContainer {
  func estimate(_ value: Key, _ low: Key, _ high: Key) throws -> Estimate {
    Estimate(
      try decode(Double.self, forKey: value), low: try decode(Double.self, forKey: low),
      high: try decode(Double.self, forKey: high))
  }
}
