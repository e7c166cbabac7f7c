/// Arithmetic on numbers from outside (files, programs, options), which never traps: what does not fit is nil.
extension Int {
  /// The sum; nil where no `Int` holds it.
  public func checkedPlus(_ other: Int) -> Int? { Self.fitting(addingReportingOverflow(other)) }

  /// The difference; nil where no `Int` holds it.
  public func checkedMinus(_ other: Int) -> Int? { Self.fitting(subtractingReportingOverflow(other)) }

  /// The product; nil where no `Int` holds it.
  public func checkedTimes(_ other: Int) -> Int? { Self.fitting(multipliedReportingOverflow(by: other)) }

  private static func fitting(_ result: (partialValue: Int, overflow: Bool)) -> Int? {
    result.overflow ? nil : result.partialValue
  }
}

extension Collection<Int> {
  /// How many elements a tensor of this shape has; nil for a shape that no tensor of ours has.
  ///
  /// That is one with a negative extent, or whose extents other than 0 have a product that does not fit 2⁵⁹: sixteen
  /// bytes an element must be addressable, and strides too, which are computed of the other extents where one is 0.
  public var checkedElementCount: Int? {
    var product = 1
    for extent in self {
      guard extent >= 0, let next = product.checkedTimes(Swift.max(extent, 1)), next <= Int.max / 16 else { return nil }
      product = next
    }
    return contains(0) ? 0 : product
  }
}
