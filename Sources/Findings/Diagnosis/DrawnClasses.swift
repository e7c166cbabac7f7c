/// Classes that were drawn, where there are too many to measure something of all of them.
public struct DrawnClasses: Sendable, Codable, Hashable {
  /// How many were drawn.
  public var count: Int
  /// Of how many.
  public var total: Int

  /// - Parameters: see the properties.
  public init(count: Int, total: Int) {
    self.count = count
    self.total = total
  }
}
